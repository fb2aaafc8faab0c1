import { backoffMs, errorMessage } from '@millrace/core'

import { ApiError, apiErrorOf } from './errors.ts'

export interface RetryOptions {
  /** Longest wait for one answer, default 10 000 ms. */
  timeoutMs?: number
  /** How often a call is sent again, default 3. */
  retries?: number
  /** First pause between tries, which doubles; default 200 ms. The server's `Retry-After` goes before it. */
  backoffBaseMs?: number
  /** Longest pause that the server may ask for, default 30 000 ms; more ends the call. */
  maxRetryAfterMs?: number
  /** Default the global one. */
  fetch?: (request: Request) => Promise<Response>
}

/** Status codes of what may be better in a moment: the server did nothing, or says so. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504])

/**
 * A fetch with timeout and retries, which throws ApiError for whatever isn't a success. A POST gets an `Idempotency-Key` and is
 * sent again under the same; DELETE is not sent again when its answer was lost, since it may have been done.
 */
export function retryingFetch(options: RetryOptions): (request: Request) => Promise<Response> {
  const { timeoutMs = 10_000, retries = 3, backoffBaseMs = 200, maxRetryAfterMs = 30_000 } = options
  const send = options.fetch ?? fetch
  return async (request) => {
    if (request.method === 'POST' && !request.headers.has('idempotency-key'))
      request.headers.set('idempotency-key', crypto.randomUUID())
    for (let attempt = 0; ; attempt++) {
      const outcome = await attemptOnce(request.clone(), send, timeoutMs)
      if (outcome instanceof Response) return outcome
      const { failure, again, afterMs } = outcome
      const pauseMs = afterMs ?? backoffMs(attempt, { baseMs: backoffBaseMs, maxMs: maxRetryAfterMs })
      if (!again || attempt >= retries || pauseMs > maxRetryAfterMs || request.signal.aborted) throw failure
      await pause(pauseMs, request.signal)
    }
  }
}

interface Failed {
  failure: ApiError
  /** Whether to send it again, and after what pause if the server said so. */
  again: boolean
  afterMs?: number
}

async function attemptOnce(
  request: Request,
  send: (request: Request) => Promise<Response>,
  timeoutMs: number,
): Promise<Response | Failed> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([timeout, request.signal])
  try {
    const response = await send(new Request(request, { signal }))
    if (response.ok) return response
    const afterS = Number(response.headers.get('retry-after') ?? Number.NaN)
    return {
      failure: await apiErrorOf(response),
      again: PASSING.has(response.status),
      ...(afterS >= 0 && { afterMs: afterS * 1000 }),
    }
  } catch (cause) {
    if (request.signal.aborted) throw cause
    const failure = timeout.aborted
      ? new ApiError('CLIENT_TIMEOUT', `no answer within ${timeoutMs} ms`, { cause })
      : new ApiError('CLIENT_UNREACHABLE', `${new URL(request.url).origin} cannot be reached: ${reasonOf(cause)}`, {
          cause,
        })
    return { failure, again: request.method !== 'DELETE' }
  }
}

/** fetch says only that it failed; why is its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return errorMessage(cause) || 'no connection'
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      },
      { once: true },
    )
  })
}
