import type { CodedError } from './errors.ts'

/** Where a datagram goes; stream protocols leave it out. */
export interface Address {
  ip: string
  port: number
}

/** What a machine wants done next. */
export type Output<E> =
  | { type: 'send'; data: Uint8Array; to?: Address }
  | { type: 'event'; event: E }
  /** Last output: `null` for a clean end, else why. */
  | { type: 'closed'; reason: CodedError | null }

/**
 * A protocol endpoint without sockets, timers or clock. Whoever drives it passes bytes and time in, and after
 * any call drains `poll()` until it returns undefined.
 */
export interface Machine<E> {
  /** Takes received bytes; they may be kept until the next call. Throws ProtocolError: the owner closes. */
  receive(data: Uint8Array, nowMs: number): void
  poll(): Output<E> | undefined
  /** Called when `deadlineMs` has passed. Throws ProtocolError as `receive` does. */
  tick(nowMs: number): void
  /** Monotonic time at which `tick` wants to be called. */
  readonly deadlineMs: number | undefined
  close(reason: CodedError | null): void
}
