/** Whether a path's queue grows, is as it was, or empties. */
type PathUsage = 'over' | 'normal' | 'under'

/** Packets sent within this time belong together: a pacer or a frame makes bursts. */
const BURST_MS = 5
const WINDOW = 20
const SMOOTHING = 0.9
const GAIN = 4
const MAX_WEIGHT = 60
const OVERUSE_MS = 10
const INITIAL_THRESHOLD = 12.5
const MIN_THRESHOLD = 6
const MAX_THRESHOLD = 600
/** Trends this far over the threshold are spikes, and don't move it. */
const MAX_EXCESS = 15
const THRESHOLD_UP = 0.0087
const THRESHOLD_DOWN = 0.039
const MAX_STEP_MS = 100

/** Packets that left together: when the last of them left and arrived. */
interface Burst {
  firstSentMs: number
  sentMs: number
  arrivedMs: number
}

/**
 * Sees from sending and arrival times whether a path's queue grows: the slope of the one-way delay over the last bursts, against
 * a threshold that follows it.
 *
 * @see draft-ietf-rmcat-gcc-02 §5.1 to §5.4; the slope instead of its Kalman filter is what browsers use
 */
export class DelayTrend {
  #usage: PathUsage = 'normal'
  #current: Burst | undefined
  #previous: Burst | undefined
  #bursts = 0
  #firstArrivedMs = 0
  #delayMs = 0
  #smoothedMs = 0
  readonly #arrivalsMs: number[] = []
  readonly #delaysMs: number[] = []
  #threshold = INITIAL_THRESHOLD
  #lastUpdateMs: number | undefined
  #overMs = 0
  #overCount = 0
  #lastTrend = 0

  get usage(): PathUsage {
    return this.#usage
  }

  /** A packet that arrived, in the order of sending. The clocks of the two times need not agree. */
  note(sentMs: number, arrivedMs: number): void {
    const burst = this.#current
    if (burst !== undefined) {
      // one that overtook its burst tells nothing
      if (sentMs < burst.firstSentMs) return
      if (sentMs - burst.firstSentMs <= BURST_MS) {
        burst.sentMs = sentMs
        burst.arrivedMs = Math.max(burst.arrivedMs, arrivedMs)
        return
      }
      if (this.#previous !== undefined) this.#compare(this.#previous, burst)
      this.#previous = burst
    }
    this.#current = { firstSentMs: sentMs, sentMs, arrivedMs }
  }

  #compare(before: Burst, burst: Burst): void {
    const sentDeltaMs = burst.sentMs - before.sentMs
    this.#delayMs += burst.arrivedMs - before.arrivedMs - sentDeltaMs
    this.#smoothedMs = SMOOTHING * this.#smoothedMs + (1 - SMOOTHING) * this.#delayMs
    if (this.#bursts++ === 0) this.#firstArrivedMs = burst.arrivedMs
    this.#arrivalsMs.push(burst.arrivedMs - this.#firstArrivedMs)
    this.#delaysMs.push(this.#smoothedMs)
    if (this.#arrivalsMs.length > WINDOW) {
      this.#arrivalsMs.shift()
      this.#delaysMs.shift()
    }
    if (this.#arrivalsMs.length < WINDOW) return
    this.#judge(slope(this.#arrivalsMs, this.#delaysMs) ?? this.#lastTrend, sentDeltaMs, burst.arrivedMs)
  }

  #judge(trend: number, sentDeltaMs: number, arrivedMs: number): void {
    const weighted = Math.min(this.#bursts, MAX_WEIGHT) * trend * GAIN
    if (weighted > this.#threshold) {
      this.#overMs += sentDeltaMs
      this.#overCount++
      if (this.#overMs > OVERUSE_MS && this.#overCount > 1 && trend >= this.#lastTrend) {
        this.#overMs = this.#overCount = 0
        this.#usage = 'over'
      }
    } else {
      this.#overMs = this.#overCount = 0
      this.#usage = weighted < -this.#threshold ? 'under' : 'normal'
    }
    this.#lastTrend = trend
    this.#adaptThreshold(Math.abs(weighted), arrivedMs)
  }

  #adaptThreshold(weighted: number, arrivedMs: number): void {
    const elapsedMs = Math.min(Math.max(0, arrivedMs - (this.#lastUpdateMs ?? arrivedMs)), MAX_STEP_MS)
    this.#lastUpdateMs = arrivedMs
    if (weighted > this.#threshold + MAX_EXCESS) return
    const rate = weighted < this.#threshold ? THRESHOLD_DOWN : THRESHOLD_UP
    const threshold = this.#threshold + rate * (weighted - this.#threshold) * elapsedMs
    this.#threshold = Math.min(MAX_THRESHOLD, Math.max(MIN_THRESHOLD, threshold))
  }
}

/** Of the line with the least squares through the points; undefined if all have one x. */
function slope(x: readonly number[], y: readonly number[]): number | undefined {
  let sumX = 0
  let sumY = 0
  for (let i = 0; i < x.length; i++) {
    sumX += x[i] ?? 0
    sumY += y[i] ?? 0
  }
  const meanX = sumX / x.length
  const meanY = sumY / x.length
  let numerator = 0
  let denominator = 0
  for (let i = 0; i < x.length; i++) {
    const distance = (x[i] ?? 0) - meanX
    numerator += distance * ((y[i] ?? 0) - meanY)
    denominator += distance * distance
  }
  return denominator === 0 ? undefined : numerator / denominator
}
