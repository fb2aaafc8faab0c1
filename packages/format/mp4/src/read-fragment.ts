import { joinNalus, splitNalus } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { Frame } from '@millrace/media'
import { findBox, readBoxes, requireBox } from './box.ts'
import type { ReadBox } from './box.ts'
import { isSyncSample } from './boxes/sample-flags.ts'
import { readDecodeTime, readTrackFragmentHeader } from './boxes/track-fragment.ts'
import type { TrackFragmentHeader } from './boxes/track-fragment.ts'
import { readTrackRun } from './boxes/track-run.ts'
import type { RunSample } from './boxes/track-run.ts'
import type { FragmentedTrack } from './read-movie.ts'
import type { Description } from './read-track.ts'

/** A sample of a fragment, and where its bytes are. */
export interface FragmentSample {
  readonly description: Description
  /** In ticks of the track, edits included. */
  readonly dtsTicks: number
  readonly ptsTicks: number
  readonly key: boolean
  /** From the first byte of the stream. */
  readonly offset: number
  readonly sizeBytes: number
}

/**
 * Reads the samples of a `moof`, in the order of its runs. Tracks that the movie has not, and codecs that are not supported,
 * are left out, as are empty samples.
 *
 * @param start place of the `moof` in the stream
 * @param nextTicks decoding time after the last sample of each track, by its id in the file: for a fragment that doesn't tell
 *   its own, and brought up to date
 * Throws FormatError: `MP4_SAMPLE_COUNT`, `MP4_DESCRIPTION`, `MP4_TIME_RANGE`, `MP4_BOX_…`, `BYTES_…`.
 */
export function readMovieFragment(
  body: Uint8Array,
  start: number,
  movie: readonly FragmentedTrack[],
  nextTicks: Map<number, number>,
  maxSamples: number,
): FragmentSample[] {
  const samples: FragmentSample[] = []
  let dataEnd = start
  for (const fragment of readBoxes(body)) {
    if (fragment.type !== 'traf') continue
    const boxes = readBoxes(fragment.body)
    const header = readTrackFragmentHeader(requireBox(boxes, 'tfhd'))
    const base = header.baseDataOffset ?? (header.baseIsMovieFragment ? start : dataEnd)
    const track = movie.find(({ trackId }) => trackId === header.trackId)
    // without the track's defaults its sizes aren't known
    if (!track) continue
    const reader = new TrackFragmentReader(track, header, base, dataEnd)
    const dtsTicks = decodeTime(boxes) ?? nextTicks.get(header.trackId) ?? 0
    nextTicks.set(header.trackId, reader.read(boxes, dtsTicks, samples, maxSamples))
    dataEnd = reader.dataEnd
  }
  return samples
}

/** The frame of a sample. Throws FormatError as `splitNalus` does. */
export function frameOf({ description, dtsTicks, ptsTicks, key }: FragmentSample, data: Uint8Array): Frame {
  const { track, lengthSize } = description
  const payload = lengthSize === 4 ? data : joinNalus(splitNalus(data, lengthSize))
  return { track, dtsTicks: Math.min(dtsTicks, ptsTicks), ptsTicks, key, payload }
}

/** Walks the runs of one `traf`. */
class TrackFragmentReader {
  readonly #track: FragmentedTrack
  readonly #base: number
  readonly #description: Description | undefined
  readonly #defaults: Omit<RunSample, 'compositionTicks'>
  /** Where the data of the last run ended. */
  dataEnd: number

  constructor(track: FragmentedTrack, header: TrackFragmentHeader, base: number, dataEnd: number) {
    const { defaults, descriptions } = track
    const index = header.descriptionIndex ?? defaults.descriptionIndex
    if (index < 1 || index > descriptions.length) {
      throw new FormatError('MP4_DESCRIPTION', `sample description ${index} of ${descriptions.length}`)
    }
    this.#track = track
    this.#base = base
    this.dataEnd = header.baseDataOffset === undefined ? dataEnd : base
    this.#description = descriptions[index - 1]
    this.#defaults = {
      durationTicks: header.durationTicks ?? defaults.durationTicks,
      sizeBytes: header.sizeBytes ?? defaults.sizeBytes,
      flags: header.flags ?? defaults.flags,
    }
  }

  /** Appends the samples and returns the decoding time after the last. */
  read(boxes: readonly ReadBox[], startTicks: number, samples: FragmentSample[], maxSamples: number): number {
    let dtsTicks = startTicks
    let seen = 0
    for (const { type, body } of boxes) {
      if (type !== 'trun') continue
      const run = readTrackRun(body, this.#defaults, maxSamples - samples.length - seen)
      let offset = run.dataOffset === undefined ? this.dataEnd : this.#base + run.dataOffset
      for (const sample of run.samples) {
        if (this.#description && sample.sizeBytes > 0)
          samples.push(this.#sample(this.#description, sample, dtsTicks, offset))
        else seen++
        dtsTicks += sample.durationTicks
        offset += sample.sizeBytes
      }
      this.dataEnd = offset
    }
    return dtsTicks
  }

  #sample(description: Description, sample: RunSample, dts: number, offset: number): FragmentSample {
    const dtsTicks = dts + this.#track.shiftTicks
    const ptsTicks = dtsTicks + sample.compositionTicks
    if (!Number.isSafeInteger(ptsTicks)) throw new FormatError('MP4_TIME_RANGE', `a sample at ${ptsTicks} ticks`)
    const key = description.track.kind === 'audio' || isSyncSample(sample.flags)
    return { description, dtsTicks, ptsTicks, key, offset, sizeBytes: sample.sizeBytes }
  }
}

function decodeTime(boxes: readonly ReadBox[]): number | undefined {
  const body = findBox(boxes, 'tfdt')
  return body && readDecodeTime(body)
}
