/** Samples kept: a window of 30 s at one every 5 s. */
const SAMPLES = 7

/** Mean rate of a growing counter over the last 30 s, from samples taken every 5 s. */
export class RateMeter {
  readonly #samples: { total: number; atMs: number }[] = []

  /** Takes a sample of the counter. */
  sample(total: number, nowMs: number): void {
    this.#samples.push({ total, atMs: nowMs })
    if (this.#samples.length > SAMPLES) this.#samples.shift()
  }

  /** Counts per second over the window; 0 until two samples are in. */
  get perSecond(): number {
    const first = this.#samples[0]
    const last = this.#samples[this.#samples.length - 1]
    if (!first || !last || last.atMs <= first.atMs) return 0
    return ((last.total - first.total) * 1000) / (last.atMs - first.atMs)
  }
}
