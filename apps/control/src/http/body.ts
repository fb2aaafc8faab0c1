import { failure } from '../services/failures.ts'

/** What texts with characters that PostgreSQL can't store (NUL, half surrogate pairs) meet: an error, or repair. */
export type TextPolicy = 'refuse' | 'clean'

/** Reads a body of at most `maxBytes`. Throws `REQUEST_TOO_LARGE`. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => failure('REQUEST_TOO_LARGE', `the body may have ${maxBytes} bytes`, { max_bytes: maxBytes })
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    if (length > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks, length))
}

const JSON_TYPE = /^application\/(?:json|merge-patch\+json)\s*(?:;|$)/i

/**
 * The value of a JSON body; `{}` when there is none. Throws `MEDIA_TYPE_UNSUPPORTED`, `REQUEST_MALFORMED`.
 *
 * @param contentType the header, or null
 */
export function parseBody(bytes: Uint8Array, contentType: string | null, policy: TextPolicy): unknown {
  if (bytes.length === 0) return {}
  if (contentType === null || !JSON_TYPE.test(contentType)) {
    throw failure('MEDIA_TYPE_UNSUPPORTED', 'the body must be application/json')
  }
  let refused = false
  const text = (value: string): string => {
    if (!value.includes('\0') && value.isWellFormed()) return value
    refused ||= policy === 'refuse'
    return value.replaceAll('\0', '').toWellFormed()
  }
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), (name, item: unknown) => {
      // names are not repaired: no schema of ours has such a one
      if (!name.isWellFormed() || name.includes('\0')) refused = true
      return typeof item === 'string' ? text(item) : item
    })
  } catch {
    throw failure('REQUEST_MALFORMED', 'the body is not valid JSON in UTF-8')
  }
  if (refused) throw failure('REQUEST_MALFORMED', 'texts must not have NUL characters or half surrogate pairs')
  return value
}
