import { type ErrorDetails, ServiceError } from '@millrace/core'

/** Every way in which a request can fail, and its HTTP status. The one table. */
export const STATUS_OF = {
  REQUEST_MALFORMED: 400,
  REQUEST_INVALID: 422,
  REQUEST_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  TOKEN_MISSING: 401,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  PLAYBACK_PASS_INVALID: 401,
  PLAYBACK_TOKEN_REQUIRED: 401,
  PLAYBACK_TOKEN_MALFORMED: 401,
  PLAYBACK_TOKEN_ALGORITHM: 401,
  PLAYBACK_TOKEN_SIGNATURE: 401,
  PLAYBACK_TOKEN_KEY: 401,
  PLAYBACK_TOKEN_EXPIRED: 401,
  PLAYBACK_TOKEN_NOT_YET_VALID: 401,
  PLAYBACK_TOKEN_LIFETIME: 403,
  PLAYBACK_TOKEN_AUDIENCE: 403,
  PLAYBACK_TOKEN_ADDRESS: 403,
  PLAYBACK_TOKEN_SUBJECT: 403,
  PLAYBACK_TOKEN_REVOKED: 403,
  PLAYBACK_TOKEN_RANGE: 403,
  PLAYBACK_ORIGIN_DENIED: 403,
  PLAYBACK_HOOK_REQUIRED: 403,
  SCOPE_MISSING: 403,
  OBJECT_URL_INVALID: 403,
  OBJECT_URL_EXPIRED: 403,
  PROJECT_NOT_DEFAULT: 403,
  ROUTE_NOT_FOUND: 404,
  RESOURCE_NOT_FOUND: 404,
  TOKEN_NOT_FOUND: 404,
  VHOST_NOT_FOUND: 404,
  STREAM_NOT_FOUND: 404,
  KEY_NOT_FOUND: 404,
  PLAYBACK_ID_NOT_FOUND: 404,
  RECORDING_NOT_FOUND: 404,
  RECORDING_EMPTY: 404,
  RECORDING_FILE_MISSING: 404,
  CLIP_NOT_FOUND: 404,
  SIGNING_KEY_NOT_FOUND: 404,
  REVOCATION_NOT_FOUND: 404,
  SESSION_NOT_FOUND: 404,
  WEBHOOK_ENDPOINT_NOT_FOUND: 404,
  EVENT_NOT_FOUND: 404,
  DELIVERY_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  NODE_NOT_FOUND: 404,
  PROJECT_NOT_FOUND: 404,
  VIEWER_NOT_FOUND: 404,
  PUSH_TARGET_NOT_FOUND: 404,
  STORAGE_NOT_FOUND: 404,
  OBJECT_NOT_FOUND: 404,
  STORAGE_KEY_INVALID: 404,
  TAKE_NOT_FOUND: 404,
  TAKE_FOREIGN: 409,
  VHOST_EXISTS: 409,
  VHOST_IN_USE: 409,
  VHOST_IS_DEFAULT: 409,
  STREAM_EXISTS: 409,
  STREAM_ON_AIR: 409,
  PLAYBACK_ID_LIMIT: 409,
  PLAYBACK_ID_NOT_SIGNED: 409,
  SIGNING_KEY_LIMIT: 409,
  SIGNING_KEY_MISSING: 409,
  SIGNING_KEY_REVOKED: 409,
  REVOCATION_LIMIT: 409,
  TOKEN_IN_ENVIRONMENT: 409,
  WEBHOOK_ENDPOINT_DISABLED: 409,
  DELIVERY_PENDING: 409,
  NODE_REPLACED: 409,
  NODE_ALIVE: 409,
  PROJECT_EXISTS: 409,
  PROJECT_IN_USE: 409,
  PROJECT_IS_DEFAULT: 409,
  PUSH_TARGET_DISABLED: 409,
  PUSH_TARGETS_TOO_MANY: 409,
  STREAM_NOT_PULLED: 409,
  STORAGE_IN_USE: 409,
  STORAGE_MISSING: 409,
  RECORDING_ACTIVE: 409,
  RECORDING_ENDED: 409,
  STREAM_HAS_RECORDINGS: 409,
  STREAM_NOT_ON_AIR: 409,
  STREAM_LIMIT_REACHED: 409,
  KEY_IS_REVOKED: 409,
  HOOK_SECRET_MISSING: 409,
  CLIP_BUSY: 409,
  VERSION_CONFLICT: 412,
  IDEMPOTENCY_KEY_INVALID: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  STORAGE_ADDRESS_BLOCKED: 422,
  STORAGE_CREDENTIALS_MISSING: 422,
  STORAGE_DIRECTORY_NOT_ALLOWED: 422,
  STORAGE_RANGE_INVALID: 416,
  INTERNAL: 500,
  HOOK_ANSWER_INVALID: 502,
  STORAGE_BUCKET_MISSING: 502,
  STORAGE_DENIED: 502,
  STORAGE_FULL: 502,
  STORAGE_REFUSED: 502,
  STORAGE_UNREACHABLE: 502,
  RATE_LIMITED: 429,
  DATABASE_UNAVAILABLE: 503,
} as const

/** Code of a failure. */
export type FailureCode = keyof typeof STATUS_OF

/** A failure to throw. */
export function failure(code: FailureCode, message: string, details: ErrorDetails = {}): ServiceError {
  return new ServiceError(code, message, { details })
}

/** Where a token stands with its rate limit. */
export interface RateState {
  /** Requests per minute, which may also come all at once. */
  limit: number
  /** Requests left at once. */
  remaining: number
  /** Until as many are left as can be, seconds. */
  resetS: number
}

/** `RATE_LIMITED` with where the token stands, and when to come again. */
export class RateLimited extends ServiceError {
  readonly state: RateState
  readonly retryAfterS: number

  constructor(state: RateState, retryAfterS: number) {
    super('RATE_LIMITED', `the token may make ${state.limit} requests per minute: come again in ${retryAfterS} s`)
    this.state = state
    this.retryAfterS = retryAfterS
  }
}

/** One wrong part of a request. */
export interface RequestFault {
  /** JSON pointer into the body, or name of a parameter. */
  pointer: string
  code: string
  message: string
}

/** `REQUEST_INVALID` with what is wrong. */
export class RequestInvalid extends ServiceError {
  readonly faults: readonly RequestFault[]

  constructor(faults: readonly RequestFault[]) {
    super('REQUEST_INVALID', 'the request has values that are not allowed: see errors')
    this.faults = faults
  }
}
