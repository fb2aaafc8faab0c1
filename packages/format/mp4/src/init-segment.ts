import { concatBytes } from '@millrace/bytes'
import type { Track } from '@millrace/media'
import { box, fullBox, joinParts } from './box.ts'
import { fileTypeBox, segmentTypeBox } from './boxes/file-type.ts'
import { movieHeaderBox } from './boxes/movie-header.ts'
import { SAMPLE_FLAGS } from './boxes/sample-flags.ts'
import { trackExtendsBox } from './boxes/track-extends.ts'
import { trackBox } from './track-box.ts'

const MOVIE_TIMESCALE = 1000
const FOUR_ZEROS = new Uint8Array(4)
const EIGHT_ZEROS = new Uint8Array(8)

/**
 * The initialisation segment of fragmented MP4: `ftyp`, and a `moov` without samples. Track ids are those of the tracks, each 1
 * or above. Throws FormatError for a track that `mp4Carries` refuses.
 * @see ISO/IEC 14496-12 §8.8, RFC 8216 §3.3
 */
export function writeInitSegment(tracks: readonly Track[]): Uint8Array {
  return concatBytes([joinParts([fileTypeBox('iso6', ['iso6', 'mp41'])]), writeMovieHead(tracks)])
}

/** The `moov` without samples alone. Throws as {@link writeInitSegment} does. */
export function writeMovieHead(tracks: readonly Track[]): Uint8Array {
  const nextTrackId = 1 + tracks.reduce((most, { id }) => Math.max(most, id), 0)
  const movie = box(
    'moov',
    movieHeaderBox({ timescale: MOVIE_TIMESCALE, durationTicks: 0, nextTrackId }),
    ...tracks.map((track) =>
      trackBox({
        trackId: track.id,
        configurations: [track],
        timescale: track.timescale,
        mediaTicks: 0,
        movieTicks: 0,
        edits: [],
        samples: noSamples(),
      }),
    ),
    box('mvex', ...tracks.map((track) => trackExtendsBox({ ...NO_DEFAULTS, ...defaultsOf(track) }))),
  )
  return joinParts([movie])
}

/** The box that a media segment begins with, before its first fragment. */
export function writeSegmentType(): Uint8Array {
  return joinParts([segmentTypeBox('msdh', ['msdh', 'iso6'])])
}

const NO_DEFAULTS = { descriptionIndex: 1, durationTicks: 0, sizeBytes: 0 }

function defaultsOf({ id, kind }: Track): { trackId: number; flags: number } {
  return { trackId: id, flags: kind === 'audio' ? SAMPLE_FLAGS.sync : SAMPLE_FLAGS.inter }
}

/** Empty tables, which the standard asks for. */
function noSamples() {
  return [
    fullBox('stts', 0, 0, FOUR_ZEROS),
    fullBox('stsc', 0, 0, FOUR_ZEROS),
    fullBox('stsz', 0, 0, EIGHT_ZEROS),
    fullBox('stco', 0, 0, FOUR_ZEROS),
  ]
}
