import { CodedError } from '@millrace/core'

/** One part of a request that is wrong. */
export interface RequestFault {
  /** JSON pointer into the body, or the name of a query parameter. */
  readonly pointer: string
  readonly code: string
  readonly message: string
}

/**
 * A call that failed. `code` is the problem's own (`STREAM_NOT_FOUND`); `CLIENT_UNREACHABLE` and `CLIENT_TIMEOUT` without an
 * answer; `CLIENT_ANSWER_UNKNOWN` for an answer that isn't Millrace's, of a proxy for example.
 *
 * @see RFC 9457
 */
export class ApiError extends CodedError {
  /** HTTP status; undefined without an answer. */
  readonly status: number | undefined
  /** Under which the control plane has it in its log. */
  readonly requestId: string | undefined
  readonly faults: readonly RequestFault[]

  constructor(
    code: string,
    message: string,
    options: {
      status?: number
      requestId?: string | undefined
      faults?: readonly RequestFault[]
      cause?: unknown
    } = {},
  ) {
    super(code, message, options.cause === undefined ? {} : { cause: options.cause })
    this.status = options.status
    this.requestId = options.requestId
    this.faults = options.faults ?? []
  }
}

/** The failure that an answer tells. */
export async function apiErrorOf(response: Response): Promise<ApiError> {
  const { status } = response
  const requestId = response.headers.get('x-request-id') ?? undefined
  const problem: unknown = await response.json().catch(() => undefined)
  if (typeof problem !== 'object' || problem === null || !('code' in problem) || typeof problem.code !== 'string') {
    return new ApiError('CLIENT_ANSWER_UNKNOWN', `the server answered ${status} without saying why`, {
      status,
      requestId,
    })
  }
  const { code, detail, errors } = problem as { code: string; detail?: unknown; errors?: unknown }
  const faults = Array.isArray(errors) ? (errors as RequestFault[]) : []
  return new ApiError(code, typeof detail === 'string' ? detail : code, { status, requestId, faults })
}
