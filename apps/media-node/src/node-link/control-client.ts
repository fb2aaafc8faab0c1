import { CodedError, errorMessage } from '@millrace/core'

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

export interface ControlClientOptions {
  url: string
  token: string
  /** Longest wait for an answer, default 5 000 ms. */
  timeoutMs?: number
}

/** A client on fetch with the node's token. */
export function createControlClient({ url, token, timeoutMs = 5000 }: ControlClientOptions): ControlClient {
  return {
    async post(path, body) {
      const response = await send(new URL(path, url), token, body, timeoutMs)
      const text = await response.text().catch(() => '')
      const json = parseJson(text)
      if (response.ok) return json
      const passing = response.status >= 500 || response.status === 429
      const { code, detail } = (json ?? {}) as { code?: unknown; detail?: unknown }
      throw new CodedError(
        passing ? 'CONTROL_UNREACHABLE' : 'CONTROL_REFUSED',
        `control plane answered ${response.status}`,
        {
          details: {
            status: response.status,
            problem: asText(code),
            detail: asText(detail),
          },
        },
      )
    },
  }
}

async function send(url: URL, token: string, body: unknown, timeoutMs: number): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
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
