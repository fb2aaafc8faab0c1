import { CodedError, errorMessage } from '@millrace/core'

/** Longest answer that is read. */
const MAX_ANSWER_BYTES = 64 * 1024

/** How another server is asked. */
export interface AskOptions {
  readonly timeoutMs: number
  /** Sent as JSON; nothing without it. */
  readonly body?: object
}

/**
 * Posts to another server and returns what the JSON object that it answers has as `data`. As in SRS it must have a `code` of 0,
 * and redirects are not followed.
 *
 * @throws CodedError `ASK_UNREACHABLE` or `ASK_REFUSED`
 */
export async function askJson(url: string, options: AskOptions): Promise<unknown> {
  const text = await post(url, options)
  const answer = parse(text)
  if (!isRecord(answer) || answer['code'] !== 0) {
    const code = isRecord(answer) && typeof answer['code'] === 'number' ? answer['code'] : null
    throw new CodedError('ASK_REFUSED', 'the answer is no JSON object with a code of 0', { details: { code } })
  }
  return answer['data']
}

/** A JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function post(url: string, { timeoutMs, body }: AskOptions): Promise<string> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    if (response.status !== 200 && response.status !== 201) {
      await response.body?.cancel()
      throw new CodedError('ASK_REFUSED', `the answer is ${response.status}`)
    }
    return await read(response)
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw new CodedError('ASK_UNREACHABLE', errorMessage(error), { cause: error })
  }
}

async function read({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new CodedError('ASK_REFUSED', `the answer is over ${MAX_ANSWER_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
