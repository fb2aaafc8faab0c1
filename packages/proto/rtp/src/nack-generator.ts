/** Bounds of a NackGenerator; the defaults are SRS's. */
export interface NackOptions {
  /** From the gap to the first request, for packets that are only out of order; default 10. */
  readonly firstDelayMs: number
  /** Least time between two requests for a packet; default 20. */
  readonly minIntervalMs: number
  /** Requests for one packet before it is given up; default 15. */
  readonly maxTries: number
  /** From the gap until a packet is given up; default 1,000. */
  readonly maxAgeMs: number
  /** Packets missed at a time: past that a key frame is cheaper; default 666. */
  readonly maxMissing: number
}

const DEFAULTS: NackOptions = { firstDelayMs: 10, minIntervalMs: 20, maxTries: 15, maxAgeMs: 1000, maxMissing: 666 }
const ASSUMED_RTT_MS = 100
const MAX_INTERVAL_MS = 500

interface Missing {
  readonly sinceMs: number
  nextMs: number
  tries: number
}

/** Which packets of one stream a receiver misses, and when to ask for them again. @see RFC 4585 §6.2.1 */
export class NackGenerator {
  readonly #options: NackOptions
  readonly #missing = new Map<number, Missing>()
  #highest = -1
  #intervalMs: number
  #deadlineMs: number | undefined
  #requested = 0
  #recovered = 0
  #abandoned = 0
  #overflowed = false

  constructor(options: Partial<NackOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options }
    this.#intervalMs = Math.max(this.#options.minIntervalMs, ASSUMED_RTT_MS)
  }

  /** When `due` has something to do; undefined while nothing is missing. */
  get deadlineMs(): number | undefined {
    return this.#deadlineMs
  }

  /** How many packets are missing now. */
  get missing(): number {
    return this.#missing.size
  }

  /** Sequence numbers in requests so far, repeated ones counted again. */
  get requested(): number {
    return this.#requested
  }

  /** Packets that were missed and came. */
  get recovered(): number {
    return this.#recovered
  }

  /** Packets that were missed and are no longer waited for. */
  get abandoned(): number {
    return this.#abandoned
  }

  /** A packet is asked for again after a round trip, 500 ms at most. */
  setRtt(rttMs: number): void {
    this.#intervalMs = Math.min(MAX_INTERVAL_MS, Math.max(this.#options.minIntervalMs, rttMs))
  }

  /**
   * Call it for each packet that arrives, repeated ones included.
   *
   * @param sequence unwrapped
   * @returns false for a packet that was not waited for: a duplicate, one that was given up, or one from before the first
   */
  note(sequence: number, nowMs: number): boolean {
    const highest = this.#highest
    if (sequence === highest + 1 || highest < 0) {
      this.#highest = sequence
      return true
    }
    if (sequence > highest) {
      this.#highest = sequence
      this.#miss(highest + 1, sequence, nowMs)
      return true
    }
    if (!this.#missing.delete(sequence)) return false
    this.#recovered++
    if (this.#missing.size === 0) this.#deadlineMs = undefined
    return true
  }

  /**
   * What to ask for now, unwrapped and in rising order, as `Nack.sequences` takes it. Packets that are too old or were asked for
   * too often are given up.
   */
  due(nowMs: number): number[] {
    const sequences: number[] = []
    if (this.#deadlineMs === undefined || nowMs < this.#deadlineMs) return sequences
    const { maxTries, maxAgeMs } = this.#options
    let deadlineMs = Infinity
    for (const [sequence, missing] of this.#missing) {
      if (nowMs - missing.sinceMs >= maxAgeMs || (missing.tries >= maxTries && nowMs >= missing.nextMs)) {
        this.#missing.delete(sequence)
        this.#abandoned++
        continue
      }
      if (nowMs >= missing.nextMs) {
        sequences.push(sequence)
        missing.tries++
        missing.nextMs = nowMs + this.#intervalMs
      }
      deadlineMs = Math.min(deadlineMs, missing.nextMs, missing.sinceMs + maxAgeMs)
    }
    this.#requested += sequences.length
    this.#deadlineMs = deadlineMs === Infinity ? undefined : deadlineMs
    return sequences
  }

  /** Whether, since the last call, more was missed than is asked for: only a key frame helps. */
  takeOverflow(): boolean {
    const overflowed = this.#overflowed
    this.#overflowed = false
    return overflowed
  }

  #miss(from: number, to: number, nowMs: number): void {
    const { maxMissing, firstDelayMs } = this.#options
    if (this.#missing.size + to - from > maxMissing) {
      this.#abandoned += this.#missing.size + to - from
      this.#missing.clear()
      this.#deadlineMs = undefined
      this.#overflowed = true
      return
    }
    const nextMs = nowMs + firstDelayMs
    for (let sequence = from; sequence < to; sequence++)
      this.#missing.set(sequence, { sinceMs: nowMs, nextMs, tries: 0 })
    this.#deadlineMs = Math.min(this.#deadlineMs ?? Infinity, nextMs)
  }
}
