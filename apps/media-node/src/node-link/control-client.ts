import { CodedError, errorMessage } from '@millrace/core'
import { activeTraceparent } from '@millrace/telemetry'

/** The control plane as a node reaches it. */
export interface ControlClient {
  /**
   * Posts JSON and returns the answer's JSON.
   *
   * @throws CodedError `CONTROL_UNREACHABLE` when there was no answer or a passing fault (5xx, 429), worth another try;
   *   `CONTROL_REFUSED` for any other status, with `details.status` and the problem's code
   */
  post(path: string, body: unknown): Promise<unknown>
}

/** Reads from the control plane what seldom changes. */
export interface ControlReader {
  /**
   * Gets JSON and its ETag, or `not-modified` when `etag` still holds.
   *
   * @throws as `ControlClient.post`
   */
  get(path: string, etag: string | undefined): Promise<{ etag: string; body: unknown } | 'not-modified'>
}

export interface ControlClientOptions {
  url: string
  token: string
  /** Longest wait for an answer, default 8 000 ms: an admission hook may take five seconds. */
  timeoutMs?: number
}

/** A client on fetch with the node's token. */
export function createControlClient({
  url,
  token,
  timeoutMs = 8000,
}: ControlClientOptions): ControlClient & ControlReader {
  const authorization = `Bearer ${token}`
  return {
    async post(path, body) {
      const traceparent = activeTraceparent()
      const headers = {
        'content-type': 'application/json',
        authorization,
        ...(traceparent === undefined ? {} : { traceparent }),
      }
      const response = await send(
        new URL(path, url),
        { method: 'POST', headers, body: JSON.stringify(body) },
        timeoutMs,
      )
      return jsonOf(response)
    },
    async get(path, etag) {
      const headers = { authorization, ...(etag === undefined ? {} : { 'if-none-match': etag }) }
      const response = await send(new URL(path, url), { headers }, timeoutMs)
      if (response.status === 304) return 'not-modified'
      return { body: await jsonOf(response), etag: response.headers.get('etag') ?? '' }
    },
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text().catch(() => '')
  const json = parseJson(text)
  if (response.ok) return json
  const passing = response.status >= 500 || response.status === 429
  const { code, detail } = (json ?? {}) as { code?: unknown; detail?: unknown }
  throw new CodedError(
    passing ? 'CONTROL_UNREACHABLE' : 'CONTROL_REFUSED',
    `control plane answered ${response.status}`,
    { details: { status: response.status, problem: asText(code), detail: asText(detail) } },
  )
}

async function send(url: URL, init: RequestInit, timeoutMs: number): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
  } catch (error) {
    throw new CodedError('CONTROL_UNREACHABLE', `control plane at ${url.origin}: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : '')
