/** Unwrapped numbers begin two wraps up, so that what is late by up to half a range still is over one wrap. */
const FIRST_CYCLE = 2

/**
 * The number nearest to `reference` that ends in these 16 bits: at most 32,768 below and 32,767 above.
 *
 * @param sequence 16 bits
 * @param reference unwrapped
 * @see RFC 3711 §3.3.1
 */
export function unwrapSequence(sequence: number, reference: number): number {
  return reference + (((sequence - reference) << 16) >> 16)
}

/** Follows 16-bit sequence numbers, and counts their wraps. Results are at least 65,536, also for packets late across a wrap. */
export class SequenceUnwrapper {
  #highest = -1

  /** The highest number so far; -1 before the first. */
  get highest(): number {
    return this.#highest
  }

  /**
   * @param sequence 16 bits
   * @returns the number nearest to the highest so far
   */
  unwrap(sequence: number): number {
    if (this.#highest < 0) return (this.#highest = FIRST_CYCLE * 0x1_0000 + sequence)
    const unwrapped = unwrapSequence(sequence, this.#highest)
    if (unwrapped > this.#highest) this.#highest = unwrapped
    return unwrapped
  }
}

/** Follows 32-bit RTP timestamps, and counts their wraps. Results are at least 2^32, also for packets late across a wrap. */
export class TimestampUnwrapper {
  #highest = -1

  /** The highest timestamp so far; -1 before the first. */
  get highest(): number {
    return this.#highest
  }

  /**
   * @param timestamp 32 bits
   * @returns the timestamp nearest to the highest so far
   */
  unwrap(timestamp: number): number {
    if (this.#highest < 0) return (this.#highest = FIRST_CYCLE * 0x1_0000_0000 + timestamp)
    const unwrapped = this.#highest + ((timestamp - this.#highest) | 0)
    if (unwrapped > this.#highest) this.#highest = unwrapped
    return unwrapped
  }
}
