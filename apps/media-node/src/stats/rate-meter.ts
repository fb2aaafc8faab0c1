/** A window of 30 s at a sample every 5 s. */
const DEFAULT_SAMPLES = 7

/** Mean rate of a growing counter over the samples kept: by default 30 s, when one is taken every 5 s. */
export class RateMeter {
  readonly #samples: { total: number; atMs: number }[] = []
  readonly #maxSamples: number

  /** @param maxSamples the window is this many samples, at least 2 */
  constructor(maxSamples = DEFAULT_SAMPLES) {
    this.#maxSamples = maxSamples
  }

  /** Whether the rate is over the whole window. */
  get full(): boolean {
    return this.#samples.length === this.#maxSamples
  }

  /** Takes a sample of the counter. */
  sample(total: number, nowMs: number): void {
    this.#samples.push({ total, atMs: nowMs })
    if (this.#samples.length > this.#maxSamples) this.#samples.shift()
  }

  /** Counts per second over the window; 0 until two samples are in. */
  get perSecond(): number {
    const first = this.#samples[0]
    const last = this.#samples[this.#samples.length - 1]
    if (!first || !last || last.atMs <= first.atMs) return 0
    return ((last.total - first.total) * 1000) / (last.atMs - first.atMs)
  }
}
