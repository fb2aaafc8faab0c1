/** Most sound and most bytes that wait for the codecs. */
const MAX_WAITING_MS = 2000
const MAX_WAITING_BYTES = 1 << 20
/** No frame of a sound codec is longer; what lies farther apart has a gap between. */
const MAX_FRAME_MS = 120

interface Waiting {
  readonly durationMs: number
  readonly bytes: number
}

/** What the codecs have not done with yet, in the order it came, and what they have not been given. */
export class Backlog {
  readonly #waiting: Waiting[] = []
  #waitingMs = 0
  #waitingBytes = 0
  #lastPts: number | undefined
  #dropped = 0

  get dropped(): number {
    return this.#dropped
  }

  /** Whether the frame is to go to the codecs; otherwise it is counted as dropped. `pts` in 1/48,000 s. */
  add(bytes: number, pts: number): boolean {
    const sinceLastMs = (pts - (this.#lastPts ?? pts)) / 48
    this.#lastPts = pts
    if (this.#waitingMs >= MAX_WAITING_MS || this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      this.#dropped++
      return false
    }
    // as long as the frame before; at least something, so that frames of one time have an end
    const durationMs = Math.min(Math.max(sinceLastMs, 1), MAX_FRAME_MS)
    this.#waiting.push({ durationMs, bytes })
    this.#waitingMs += durationMs
    this.#waitingBytes += bytes
    return true
  }

  /** The codecs are done with the oldest `frames`. */
  done(frames: number): void {
    for (const { durationMs, bytes } of this.#waiting.splice(0, frames)) {
      this.#waitingMs -= durationMs
      this.#waitingBytes -= bytes
    }
    // sums of fractions are never quite zero
    if (this.#waiting.length === 0) this.#waitingMs = 0
  }
}
