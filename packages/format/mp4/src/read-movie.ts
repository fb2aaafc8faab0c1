import { FormatError, rescale } from '@millrace/core'
import type { Track } from '@millrace/media'
import { findBox, readBoxes, readFullBox, requireBox } from './box.ts'
import type { ReadBox } from './box.ts'
import { readEditList } from './boxes/edit-list.ts'
import { readHandlerKind } from './boxes/handler.ts'
import { readMediaTimescale } from './boxes/media-header.ts'
import { readMovieTimescale } from './boxes/movie-header.ts'
import { readTrackExtends } from './boxes/track-extends.ts'
import type { TrackExtends } from './boxes/track-extends.ts'
import { readTrackId } from './boxes/track-header.ts'
import { readSampleEntry } from './read-track.ts'
import type { Description } from './read-track.ts'

/** A track of a movie with fragments. */
export interface FragmentedTrack {
  /** Its id in the file. */
  readonly trackId: number
  /** By sample description index less 1; undefined for a codec that isn't supported. */
  readonly descriptions: readonly (Description | undefined)[]
  readonly defaults: TrackExtends
  /** To be added to all times, in ticks of the track: what its edit list says. */
  readonly shiftTicks: number
}

const MAX_TRACKS = 32
const MAX_DESCRIPTIONS = 64

/**
 * Reads the tracks of a `moov`. Those without any supported codec are left out.
 * Throws FormatError: `MP4_NOT_FRAGMENTED`, `MP4_TRACK_COUNT`, `MP4_DESCRIPTION_COUNT`, `MP4_TIMESCALE`, `MP4_BOX_…`, or as the
 * readers of configurations do.
 */
export function readFragmentedMovie(body: Uint8Array): FragmentedTrack[] {
  const boxes = readBoxes(body)
  const extension = findBox(boxes, 'mvex')
  if (!extension) throw new FormatError('MP4_NOT_FRAGMENTED', 'a moov without mvex')
  const movieTimescale = positive(readMovieTimescale(requireBox(boxes, 'mvhd')))
  const defaults = readBoxes(extension)
    .filter(({ type }) => type === 'trex')
    .map((one) => readTrackExtends(one.body))
  const traks = boxes.filter(({ type }) => type === 'trak')
  if (traks.length > MAX_TRACKS) throw new FormatError('MP4_TRACK_COUNT', `${traks.length} tracks`)
  const counts = { video: 0, audio: 0 }
  return traks.flatMap((trak) => {
    const track = readTrack(trak.body, defaults, movieTimescale, counts)
    return track ? [track] : []
  })
}

/** The tracks as the rest of the program knows them: the first description of each that is supported. */
export function tracksOf(movie: readonly FragmentedTrack[]): Track[] {
  return movie.flatMap(({ descriptions }) => descriptions.find((one) => one !== undefined)?.track ?? [])
}

function readTrack(
  trak: Uint8Array,
  defaults: readonly TrackExtends[],
  movieTimescale: number,
  counts: { video: number; audio: number },
): FragmentedTrack | undefined {
  const boxes = readBoxes(trak)
  const media = readBoxes(requireBox(boxes, 'mdia'))
  const kind = readHandlerKind(requireBox(media, 'hdlr'))
  if (!kind) return undefined
  const trackId = readTrackId(requireBox(boxes, 'tkhd'))
  const timescale = positive(readMediaTimescale(requireBox(media, 'mdhd')))
  const table = readBoxes(requireBox(readBoxes(requireBox(media, 'minf')), 'stbl'))
  const id = (kind === 'video' ? 1 : 2) + 2 * counts[kind]
  const descriptions = readEntries(requireBox(table, 'stsd')).map((entry) => readSampleEntry(entry, { id, timescale }))
  if (descriptions.every((one) => one === undefined)) return undefined
  counts[kind]++
  return {
    trackId,
    descriptions,
    defaults: defaults.find((one) => one.trackId === trackId) ?? { ...NO_DEFAULTS, trackId },
    shiftTicks: readShift(boxes, timescale, movieTimescale),
  }
}

const NO_DEFAULTS = { descriptionIndex: 1, durationTicks: 0, sizeBytes: 0, flags: 0 }

function readEntries(body: Uint8Array): ReadBox[] {
  const { reader } = readFullBox(body)
  reader.skip(4)
  const entries = readBoxes(reader.rest())
  if (entries.length > MAX_DESCRIPTIONS) {
    throw new FormatError('MP4_DESCRIPTION_COUNT', `${entries.length} sample descriptions`)
  }
  return entries
}

/** Empty edits before the first that presents something delay the track; that one's media time comes off. */
function readShift(boxes: readonly ReadBox[], timescale: number, movieTimescale: number): number {
  const edts = findBox(boxes, 'edts')
  const elst = edts && findBox(readBoxes(edts), 'elst')
  let shiftTicks = 0
  for (const { durationTicks, mediaTicks } of elst ? readEditList(elst) : []) {
    if (mediaTicks !== null) return shiftTicks - mediaTicks
    shiftTicks += rescale(durationTicks, movieTimescale, timescale)
  }
  return shiftTicks
}

function positive(timescale: number): number {
  if (timescale === 0) throw new FormatError('MP4_TIMESCALE', 'a timescale of 0')
  return timescale
}
