/** More segments than time passes begin the count anew. */
const MAX_AHEAD = 20
/** How much of a segment one that is too many is made up with. */
const CATCH_UP = 0.3
/** No segment is shorter. */
const MIN_SEGMENT_MS = 200

/**
 * Counts segments in step with the clock, so that `[timestamp]` rises by one each time: segments become longer while there are too
 * many, and shorter while there are too few.
 *
 * @see SRS 4 `hls_ts_floor`
 */
export class FloorClock {
  readonly #segmentMs: number
  #count: number | undefined

  constructor(segmentMs: number) {
    this.#segmentMs = segmentMs
  }

  /** The count of the segment that was begun last. */
  get count(): number {
    return this.#count ?? 0
  }

  /** A segment begins; the result is how long it shall be. */
  begin(wallMs: number): number {
    const current = Math.floor(wallMs / this.#segmentMs)
    const next = this.#count === undefined ? current - 1 : this.#count + 1
    this.#count = Math.abs(next - current) > MAX_AHEAD ? current - 1 : next
    return Math.max(MIN_SEGMENT_MS, this.#segmentMs * (1 + CATCH_UP * (this.#count - current)))
  }
}
