/**
 * Converts ticks between timescales, rounding half away from zero.
 * Exact while `ticks * to` stays under 2^53; timestamps of 100 years at 90 kHz do.
 */
export function rescale(ticks: number, from: number, to: number): number {
  return from === to ? ticks : Math.round((ticks * to) / from)
}

/**
 * Follows a counter of `bits` bits (at most 48) that wraps, and returns it unwrapped.
 * A step of more than half the range is taken as a step in the other direction.
 */
export class WrapCounter {
  readonly #range: number
  #last: number | undefined

  constructor(bits: number) {
    this.#range = 2 ** bits
  }

  /** The unwrapped value nearest to the one before it; the first call returns `value` itself. */
  unwrap(value: number): number {
    if (this.#last === undefined) return (this.#last = value)
    const range = this.#range
    const base = this.#last - (((this.#last % range) + range) % range)
    let next = base + value
    if (next - this.#last > range / 2) next -= range
    else if (this.#last - next > range / 2) next += range
    return (this.#last = next)
  }
}
