const SECOND = 1000
const HOUR = 3_600_000

/** Delay before each attempt, counted from the one before; the first is for a new delivery. After the last it is given up. */
export const DEFAULT_SCHEDULE_MS: readonly number[] = [
  0,
  5 * SECOND,
  30 * SECOND,
  5 * 60 * SECOND,
  30 * 60 * SECOND,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
]

const JITTER = 0.1
const MAX_RETRY_AFTER_MS = 24 * HOUR

export interface RetryOptions {
  scheduleMs: readonly number[]
  /** In [0, 1), default `Math.random`. */
  random?: () => number
}

/**
 * Delay before the next attempt, ±10 %, or undefined when there is none.
 *
 * @param attempts made so far, 1 or more
 * @param retryAfterMs what the receiver asked for: never sooner than that, at most 24 h
 */
export function retryDelayMs(attempts: number, retryAfterMs: number, options: RetryOptions): number | undefined {
  const { scheduleMs, random = Math.random } = options
  const plannedMs = scheduleMs[attempts]
  if (plannedMs === undefined) return undefined
  const jitteredMs = Math.round(plannedMs * (1 + JITTER * (2 * random() - 1)))
  return Math.max(jitteredMs, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS))
}

/**
 * A `Retry-After` header, seconds or an HTTP date, as milliseconds from `wallMs`; 0 when there is none to obey.
 *
 * @see RFC 9110 §10.2.3
 */
export function retryAfterMs(header: string | undefined, wallMs: number): number {
  const text = header?.trim() ?? ''
  if (/^\d{1,10}$/.test(text)) return Number(text) * SECOND
  const atMs = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - wallMs)
}
