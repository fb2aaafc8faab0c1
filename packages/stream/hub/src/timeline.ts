import { rescale } from '@millrace/core'
import type { Frame, Track } from '@millrace/media'

/** A step of more than this against the clock is a jump of the publisher's timestamps, in milliseconds. */
const MAX_STEP_MS = 5000
/** A step back of more than this is a jump; less is repaired frame by frame. */
const MAX_STEP_BACK_MS = 1000
/** Tracks whose shifted times are this near belong to the same jump. */
const SAME_JUMP_MS = 2000
/** A track this far behind the others has a clock of its own: publishers interleave within 10 s. */
const MAX_APART_MS = 15_000
/** Time for a track to catch up, after the publisher's network has held it back. */
const CATCH_UP_MS = 3000

/** What was repaired since the stream began. */
export interface TimelineRepairs {
  /** Jumps taken out: the publisher's clock was set, wrapped or restarted, or a track had fallen behind the others for good. */
  jumps: number
  /** Frames whose decoding time did not grow. */
  nonMonotonic: number
  /** Frames to be presented before they are decoded. */
  ptsBeforeDts: number
}

interface TrackClock {
  /** Of a publisher that has gone: only the repaired time still counts. */
  former: boolean
  /** Timescale of the ticks below. */
  timescale: number
  /** Added to the publisher's ticks. */
  offsetTicks: number
  /** Publisher's ticks of the frame before. */
  rawTicks: number
  /** Repaired ticks of the frame before. */
  dtsTicks: number
  /** Monotonic time of the frame before. */
  atMs: number
  /** Since when it is far behind the other tracks, monotonic. */
  behindSinceMs: number | undefined
}

/**
 * Puts all frames of a stream on one timeline that starts at 0, only grows, and goes on across jumps and new
 * publishers. Tracks keep their relation: a track that jumps after another takes over its shift.
 */
export class Timeline {
  readonly repairs: TimelineRepairs = { jumps: 0, nonMonotonic: 0, ptsBeforeDts: 0 }
  readonly #clocks = new Map<number, TrackClock>()
  /** Latest repaired decoding time of any track, and when it came. */
  #headMs = 0
  #headAtMs: number | undefined

  /** Latest decoding time of any track, in milliseconds. */
  get headMs(): number {
    return this.#headMs
  }

  /** Forgets the publisher's clock: the next frame continues where the stream stopped, plus the time that has passed. */
  restart(): void {
    for (const clock of this.#clocks.values()) clock.former = true
  }

  /** The frame with repaired times; the same object when nothing had to change. */
  place(frame: Frame, nowMs: number): Frame {
    const { track } = frame
    const known = this.#clocks.get(track.id)
    const goesOn = known?.timescale === track.timescale && !known.former && !this.#jumped(known, frame, nowMs)
    const clock = goesOn ? known : this.#rebase(track, frame, nowMs, known)
    let dtsTicks = frame.dtsTicks + clock.offsetTicks
    if (dtsTicks <= clock.dtsTicks) {
      this.repairs.nonMonotonic++
      dtsTicks = clock.dtsTicks + 1
    }
    let leadTicks = frame.ptsTicks - frame.dtsTicks
    if (leadTicks < 0) {
      this.repairs.ptsBeforeDts++
      leadTicks = 0
    }
    clock.rawTicks = frame.dtsTicks
    clock.dtsTicks = dtsTicks
    clock.atMs = nowMs
    this.#advance(rescale(dtsTicks, track.timescale, 1000), nowMs)
    if (dtsTicks === frame.dtsTicks && leadTicks === frame.ptsTicks - frame.dtsTicks) return frame
    return { ...frame, dtsTicks, ptsTicks: dtsTicks + leadTicks, shiftTicks: dtsTicks - frame.dtsTicks }
  }

  #jumped(clock: TrackClock, frame: Frame, nowMs: number): boolean {
    const stepMs = rescale(frame.dtsTicks - clock.rawTicks, clock.timescale, 1000)
    if (stepMs < -MAX_STEP_BACK_MS || stepMs - (nowMs - clock.atMs) > MAX_STEP_MS) return true
    const dtsMs = rescale(frame.dtsTicks + clock.offsetTicks, clock.timescale, 1000)
    if (this.#headMs - dtsMs <= MAX_APART_MS) {
      clock.behindSinceMs = undefined
      return false
    }
    clock.behindSinceMs ??= nowMs
    return nowMs - clock.behindSinceMs > CATCH_UP_MS
  }

  #rebase(track: Track, frame: Frame, nowMs: number, known: TrackClock | undefined): TrackClock {
    if (known && !known.former) this.repairs.jumps++
    const { timescale } = track
    const rawMs = rescale(frame.dtsTicks, timescale, 1000)
    const targetMs = this.#headAtMs === undefined ? 0 : this.#headMs + (nowMs - this.#headAtMs)
    const offsetMs = this.#neighbourOffsetMs(track.id, rawMs, targetMs) ?? targetMs - rawMs
    const clock: TrackClock = {
      former: false,
      timescale,
      offsetTicks: rescale(offsetMs, 1000, timescale),
      rawTicks: frame.dtsTicks,
      dtsTicks: known ? rescale(known.dtsTicks, known.timescale, timescale) : -1,
      atMs: nowMs,
      behindSinceMs: undefined,
    }
    this.#clocks.set(track.id, clock)
    return clock
  }

  /** The shift of another track, if it brings this one near to where the stream is. */
  #neighbourOffsetMs(trackId: number, rawMs: number, targetMs: number): number | undefined {
    for (const [id, clock] of this.#clocks) {
      if (id === trackId || clock.former) continue
      const offsetMs = rescale(clock.offsetTicks, clock.timescale, 1000)
      if (Math.abs(rawMs + offsetMs - targetMs) <= SAME_JUMP_MS) return offsetMs
    }
    return undefined
  }

  #advance(dtsMs: number, nowMs: number): void {
    if (this.#headAtMs !== undefined && dtsMs < this.#headMs) return
    this.#headMs = dtsMs
    this.#headAtMs = nowMs
  }
}
