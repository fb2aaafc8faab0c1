export interface LiveEdgeOptions {
  /** Buffer to aim for, default 900 ms: two server flushes of 350 ms and some air. */
  targetMs?: number
  /** The largest target that stalls may raise it to, default 4 000 ms. */
  maxTargetMs?: number
  /** Excess over the target from which to jump instead of playing faster, default 3 000 ms. */
  jumpMs?: number
}

/** What to do with the video element now. */
export type LiveEdgeStep = { type: 'rate'; rate: number } | { type: 'jump'; aheadMs: number }

const SLACK_MS = 500
const STALL_STEP_MS = 400
const CALM_MS = 30_000

/**
 * Keeps playback near the live edge: a little faster while the buffer is too long, a jump when it is far too long.
 * Each stall raises the target, so a jittery network settles at the delay it needs; calm lowers it again.
 */
export class LiveEdge {
  readonly #minTargetMs: number
  readonly #maxTargetMs: number
  readonly #jumpMs: number
  #targetMs: number
  #calmSinceMs: number | undefined
  #chasing = false

  constructor({ targetMs = 900, maxTargetMs = 4_000, jumpMs = 3_000 }: LiveEdgeOptions = {}) {
    this.#minTargetMs = targetMs
    this.#maxTargetMs = maxTargetMs
    this.#jumpMs = jumpMs
    this.#targetMs = targetMs
  }

  /** The buffer aimed for now. */
  get targetMs(): number {
    return this.#targetMs
  }

  /** Playback ran out of media. */
  stalled(nowMs: number): void {
    this.#targetMs = Math.min(this.#maxTargetMs, this.#targetMs + STALL_STEP_MS)
    this.#calmSinceMs = nowMs
  }

  /** @param aheadMs media buffered after the position being shown */
  step(aheadMs: number, nowMs: number): LiveEdgeStep {
    this.#relax(nowMs)
    const excessMs = aheadMs - this.#targetMs
    if (excessMs > this.#jumpMs) {
      this.#chasing = false
      return { type: 'jump', aheadMs: this.#targetMs }
    }
    if (excessMs > SLACK_MS) this.#chasing = true
    else if (excessMs <= 0) this.#chasing = false
    if (!this.#chasing) return { type: 'rate', rate: 1 }
    return { type: 'rate', rate: excessMs > 1_500 ? 1.25 : 1.1 }
  }

  #relax(nowMs: number): void {
    this.#calmSinceMs ??= nowMs
    if (nowMs - this.#calmSinceMs < CALM_MS) return
    this.#calmSinceMs = nowMs
    this.#targetMs = Math.max(this.#minTargetMs, this.#targetMs - STALL_STEP_MS / 2)
  }
}
