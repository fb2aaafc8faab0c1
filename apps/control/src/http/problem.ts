import { STATUS_CODES } from 'node:http'

import type { Problem } from '@millrace/contracts'
import { CodedError, errorCode, type Logger } from '@millrace/core'
import { isUnavailable } from '@millrace/db'

import { type FailureCode, RateLimited, RequestInvalid, STATUS_OF } from '../services/failures.ts'
import { rateHeaders } from '../services/rate-limit.ts'

/** How long a client should wait when the database is away, seconds. */
const RETRY_AFTER_S = 2

/** The problem+json answer to whatever was thrown; what is our fault is logged and told without details. @see RFC 9457 */
export function problemResponse(error: unknown, requestId: string, log: Logger): Response {
  const code = failureCode(error)
  const status = STATUS_OF[code]
  const problem: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: detailOf(error, code),
    code,
    request_id: requestId,
    ...(error instanceof RequestInvalid ? { errors: [...error.faults] } : {}),
  }
  if (status === 500) log.error({ request_id: requestId, err: error }, 'request failed')
  if (status === 503) log.warn({ request_id: requestId, code: errorCode(error) }, 'database unavailable')
  const headers = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
  if (status === 401) headers.set('www-authenticate', 'Bearer realm="millrace"')
  if (status === 503) headers.set('retry-after', String(RETRY_AFTER_S))
  if (error instanceof RateLimited) {
    headers.set('retry-after', String(error.retryAfterS))
    for (const [name, value] of Object.entries(rateHeaders(error.state))) headers.set(name, value)
  }
  return new Response(JSON.stringify(problem), { status, headers })
}

/** The stable code of whatever was thrown. */
export function failureCode(error: unknown): FailureCode {
  if (error instanceof CodedError && Object.hasOwn(STATUS_OF, error.code)) return error.code as FailureCode
  return isUnavailable(error) ? 'DATABASE_UNAVAILABLE' : 'INTERNAL'
}

function detailOf(error: unknown, code: FailureCode): string {
  if (code === 'INTERNAL') return 'something went wrong on our side; the log has it under this request id'
  if (code === 'DATABASE_UNAVAILABLE') return 'the database cannot be reached at the moment; try again'
  return (error as CodedError).message
}
