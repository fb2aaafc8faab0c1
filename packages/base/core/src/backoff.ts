/** Exponential back-off. */
export interface BackoffOptions {
  /** First delay, default 500 ms. */
  baseMs?: number
  /** Longest delay, default 30 000 ms. */
  maxMs?: number
  /** Fraction of the delay that is random, 0 to 1, default 0.2 (±20 %). */
  jitter?: number
  /** Source of randomness in [0, 1), default `Math.random`. */
  random?: () => number
}

/** Delay before attempt `attempt` (0 is the first retry), in milliseconds. */
export function backoffMs(attempt: number, options: BackoffOptions = {}): number {
  const { baseMs = 500, maxMs = 30_000, jitter = 0.2, random = Math.random } = options
  const delayMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30))
  return Math.round(delayMs * (1 + jitter * (random() * 2 - 1)))
}
