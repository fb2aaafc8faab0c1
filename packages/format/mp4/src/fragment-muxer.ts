import { FormatError } from '@millrace/core'
import type { Frame, Track } from '@millrace/media'
import { box, fields, fourCc, joinParts } from './box.ts'
import type { Part } from './box.ts'
import { SAMPLE_FLAGS } from './boxes/sample-flags.ts'
import { decodeTimeBox, movieFragmentHeaderBox, trackFragmentHeaderBox } from './boxes/track-fragment.ts'
import { trackRunBox } from './boxes/track-run.ts'
import type { RunSample } from './boxes/track-run.ts'
import { mp4Carries } from './describe.ts'
import { writeInitSegment } from './init-segment.ts'
import { frameDurationTicks } from './frame-duration.ts'

/** Decoding times of the frames that follow a fragment, by track id, as far as they are known. */
export type NextTimes = ReadonlyMap<number, number>

/** The frames of one track in a fragment, with decoding times that never fall. */
interface Run {
  readonly track: Track
  readonly startTicks: number
  readonly samples: readonly RunSample[]
  readonly payloads: readonly Uint8Array[]
  readonly sizeBytes: number
}

const NOTHING_KNOWN: NextTimes = new Map()
const MAX_DATA_BYTES = 2 ** 31
const MAX_TICKS = 2 ** 31
/** Of a `mdat`. */
const DATA_HEADER_BYTES = 8

/**
 * Makes fragmented MP4 of one set of tracks: {@link initSegment} once, then fragments, each a `moof` and its `mdat`. A media
 * segment is `writeSegmentType()` and one fragment or more.
 * @see ISO/IEC 14496-12 §8.8
 */
export class FragmentMuxer {
  readonly #tracks: readonly Track[]
  #sequence = 0

  /** Carries those of `tracks` that `mp4Carries` allows. */
  constructor(tracks: readonly Track[]) {
    this.#tracks = tracks.filter(mp4Carries)
  }

  /** The tracks that are carried. */
  get tracks(): readonly Track[] {
    return this.#tracks
  }

  /** `ftyp` and `moov` of the tracks that are carried. */
  initSegment(): Uint8Array {
    return writeInitSegment(this.#tracks)
  }

  /**
   * One fragment of these frames, in a buffer of the caller's own; empty when none of them is of a track that is carried.
   *
   * @param frames each track's in decoding order. A decoding time that falls is written as the one before it, a negative one
   *   as 0; presentation times stay.
   * @param next makes the duration of each track's last frame exact; else it is that of the frame before, or the codec's. At the
   *   end of a timeline, that end for all tracks: browsers drop pictures up to the next key frame when the sound of what follows
   *   begins more than two of its last duration later. Sound is never told shorter than the codec says.
   * Throws FormatError `MP4_TIME_RANGE` (more than 2^31 ticks between two frames or between decoding and presentation),
   * `MP4_FRAGMENT_TOO_LARGE` (2 GiB).
   */
  fragment(frames: readonly Frame[], next: NextTimes = NOTHING_KNOWN): Uint8Array {
    return joinParts(this.fragmentChunks(frames, next))
  }

  /** The same as chunks to be written one behind the other: what is before the media, and the frames' own payloads. */
  fragmentChunks(frames: readonly Frame[], next: NextTimes = NOTHING_KNOWN): Uint8Array[] {
    const runs = this.#tracks.flatMap((track) => {
      const own = frames.filter((frame) => frame.track.id === track.id)
      return own.length > 0 ? [runOf(track, own, next.get(track.id))] : []
    })
    const dataBytes = runs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    if (dataBytes > MAX_DATA_BYTES) throw new FormatError('MP4_FRAGMENT_TOO_LARGE', `a fragment of ${dataBytes} bytes`)
    if (runs.length === 0) return []
    const dataHeader = fields((out) => out.u32(DATA_HEADER_BYTES + dataBytes).bytes(fourCc('mdat')))
    return [joinParts([movieFragmentBox(++this.#sequence, runs), dataHeader]), ...runs.flatMap((run) => run.payloads)]
  }
}

/** MovieFragmentBox `moof`, with the data box right behind it. @see ISO/IEC 14496-12 §8.8.4 */
function movieFragmentBox(sequence: number, runs: readonly Run[]): Part {
  let dataBytes = 0
  const fragments = runs.map(({ track, startTicks, samples, sizeBytes }) => {
    const before = dataBytes
    dataBytes += sizeBytes
    const run = trackRunBox(track.kind, () => movieFragment.sizeBytes + DATA_HEADER_BYTES + before, samples)
    return box('traf', trackFragmentHeaderBox(track.id), decodeTimeBox(startTicks), run)
  })
  const movieFragment = box('moof', movieFragmentHeaderBox(sequence), ...fragments)
  return movieFragment
}

function runOf(track: Track, frames: readonly Frame[], nextTicks: number | undefined): Run {
  let last = 0
  const times = frames.map(({ dtsTicks }) => (last = Math.max(last, dtsTicks)))
  const samples = frames.map((frame, i): RunSample => {
    const dts = times[i] ?? 0
    const end = times[i + 1] ?? dts + lastDuration(frame, times, nextTicks)
    return {
      durationTicks: checked(end - dts),
      sizeBytes: frame.payload.length,
      flags: frame.key ? SAMPLE_FLAGS.sync : SAMPLE_FLAGS.inter,
      compositionTicks: checked(frame.ptsTicks - dts),
    }
  })
  const payloads = frames.map(({ payload }) => payload)
  const sizeBytes = payloads.reduce((sum, { length }) => sum + length, 0)
  return { track, startTicks: times[0] ?? 0, samples, payloads, sizeBytes }
}

function lastDuration(frame: Frame, times: readonly number[], nextTicks: number | undefined): number {
  const [before, last = 0] = times.length > 1 ? times.slice(-2) : [undefined, times[0]]
  if (frame.track.kind === 'audio') return Math.max(frameDurationTicks(frame), (nextTicks ?? last) - last)
  if (nextTicks !== undefined) return Math.max(0, nextTicks - last)
  return before !== undefined && before < last ? last - before : frameDurationTicks(frame)
}

function checked(ticks: number): number {
  if (Math.abs(ticks) >= MAX_TICKS) throw new FormatError('MP4_TIME_RANGE', `${ticks} ticks`)
  return ticks
}
