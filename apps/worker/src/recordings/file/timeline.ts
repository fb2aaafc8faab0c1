import { rescale } from '@millrace/core'
import type { Frame, Track } from '@millrace/media'

/** Timestamps that are off by more than this begin a new part all the same: microseconds. Tracks may be apart by less. */
const MAX_STEP_US = 10_000_000
const US = 1_000_000

/** Where a track has come to. */
interface Position {
  /** What frames of the track are given out with: the timescale of its first part for ever. */
  readonly timescale: number
  lastDts: number
  /** Between the last two frames. */
  stepTicks: number
}

/**
 * Puts parts of an archive one behind the other: the frames of each part keep their distances, also between tracks, and each
 * part begins where the longest track of the one before it ends. So sound and picture stay together over any number of
 * takes, losses and pauses, and no frame is left out. Tracks are told apart by their id.
 */
export class Timeline {
  readonly #positions = new Map<number, Position>()
  readonly #tracks = new Map<Track, Track>()
  /** Added to the time of a frame of the part, microseconds. */
  #offsetUs = 0
  #began = false

  /** Where the next part would begin, microseconds. */
  get endUs(): number {
    let endUs = 0
    for (const { timescale, lastDts, stepTicks } of this.#positions.values()) {
      endUs = Math.max(endUs, rescale(lastDts + stepTicks, timescale, US))
    }
    return endUs
  }

  /**
   * The frames of a segment, in decoding order for each track, with their times on the whole timeline.
   *
   * @param continues whether its timestamps go on from those of the segment before
   */
  join(frames: readonly Frame[], continues: boolean): Frame[] {
    const first = earliestUs(frames)
    if (first === undefined) return []
    if (!continues || !this.#began || Math.abs(first + this.#offsetUs - this.endUs) > MAX_STEP_US) {
      this.#offsetUs = this.endUs - first
      this.#began = true
    }
    return frames.map((frame) => this.#place(frame))
  }

  #place(frame: Frame): Frame {
    const position = this.#positionOf(frame.track)
    const from = frame.track.timescale
    const { timescale } = position
    const offset = rescale(this.#offsetUs, US, timescale)
    let dtsTicks = rescale(frame.dtsTicks, from, timescale) + offset
    // rounding may let the first frame of a part meet the last one of the part before
    if (dtsTicks <= position.lastDts) dtsTicks = position.lastDts + 1
    const ptsTicks = Math.max(dtsTicks, rescale(frame.ptsTicks, from, timescale) + offset)
    if (position.lastDts >= 0) position.stepTicks = Math.min(dtsTicks - position.lastDts, timescale)
    position.lastDts = dtsTicks
    return { ...frame, track: this.#trackOf(frame.track, timescale), dtsTicks, ptsTicks }
  }

  #positionOf(track: Track): Position {
    let position = this.#positions.get(track.id)
    if (position === undefined) {
      position = { timescale: track.timescale, lastDts: -1, stepTicks: usualStep(track) }
      this.#positions.set(track.id, position)
    }
    return position
  }

  #trackOf(track: Track, timescale: number): Track {
    if (track.timescale === timescale) return track
    let placed = this.#tracks.get(track)
    if (placed === undefined) this.#tracks.set(track, (placed = { ...track, timescale }))
    return placed
  }
}

function earliestUs(frames: readonly Frame[]): number | undefined {
  let earliest: number | undefined
  for (const { dtsTicks, track } of frames) {
    const us = rescale(dtsTicks, track.timescale, US)
    if (earliest === undefined || us < earliest) earliest = us
  }
  return earliest
}

/** How long a frame lasts as far as the track tells, in its ticks. */
function usualStep(track: Track): number {
  if (track.kind === 'video') return Math.round(track.timescale / (track.frameRate || 25))
  return Math.round((track.timescale * 1024) / (track.sampleRate || 48_000))
}
