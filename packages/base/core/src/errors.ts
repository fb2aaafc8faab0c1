/** Machine-readable detail of an error: JSON values only, never a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>

/**
 * Root of every error Millrace throws on purpose. `code` is `AREA_REASON` (for example `RTMP_CHUNK_TOO_LARGE`),
 * stable, and the only thing callers may branch on; the message is for people and may change.
 */
export class CodedError extends Error {
  readonly code: string
  readonly details: ErrorDetails

  constructor(code: string, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.details = options.details ?? {}
  }
}

/** The peer broke a protocol: its connection is closed. */
export class ProtocolError extends CodedError {}

/** A container or bitstream could not be read: the frame is dropped and counted, the session goes on. */
export class FormatError extends CodedError {}

/** A request could not be served; `code` maps to an HTTP status in one table of the control plane. */
export class ServiceError extends CodedError {}

/** Our own mistake: a state that must not be. */
export class InvariantError extends CodedError {}

/** The code of any thrown value: `CodedError.code`, Node's `error.code`, or `UNKNOWN`. */
export function errorCode(error: unknown): string {
  if (error instanceof CodedError) return error.code
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return 'UNKNOWN'
}

/** Text of any thrown value, for logs. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Proves at compile time that a `switch` is exhaustive. Throws `INVARIANT_UNREACHABLE` if types lied. */
export function unreachable(value: never): never {
  throw new InvariantError('INVARIANT_UNREACHABLE', `unexpected value ${JSON.stringify(value)}`)
}
