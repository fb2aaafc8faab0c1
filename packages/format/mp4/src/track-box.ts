import type { Track } from '@millrace/media'
import { box, fields, fullBox } from './box.ts'
import type { Part } from './box.ts'
import { editBox } from './boxes/edit-list.ts'
import type { Edit } from './boxes/edit-list.ts'
import { handlerBox } from './boxes/handler.ts'
import { mediaHeaderBox } from './boxes/media-header.ts'
import { dataInformationBox, mediaKindHeaderBox } from './boxes/media-information.ts'
import { trackHeaderBox } from './boxes/track-header.ts'
import { sampleEntryBox } from './describe.ts'

/** A track as a movie lists it. */
export interface MovieTrack {
  readonly trackId: number
  /** Its configurations, at least one; the first one's size is the track's. */
  readonly configurations: readonly Track[]
  readonly timescale: number
  /** In its timescale; 0 when fragments tell. */
  readonly mediaTicks: number
  /** In the movie's timescale. */
  readonly movieTicks: number
  readonly edits: readonly Edit[]
  /** The boxes of the sample table behind `stsd`. */
  readonly samples: readonly Part[]
}

/**
 * TrackBox `trak`. Throws FormatError as {@link sampleEntryBox}.
 * @see ISO/IEC 14496-12 §8.3.1
 */
export function trackBox(track: MovieTrack): Part {
  const { trackId, configurations, timescale } = track
  const [first] = configurations
  const kind = first?.kind ?? 'video'
  const { width, height } = first?.kind === 'video' ? first : { width: 0, height: 0 }
  const count = fields((out) => out.u32(configurations.length))
  return box(
    'trak',
    trackHeaderBox({ trackId, durationTicks: track.movieTicks, kind, width, height }),
    ...(track.edits.length > 0 ? [editBox(track.edits)] : []),
    box(
      'mdia',
      mediaHeaderBox(timescale, track.mediaTicks),
      handlerBox(kind),
      box(
        'minf',
        mediaKindHeaderBox(kind),
        dataInformationBox(),
        box('stbl', fullBox('stsd', 0, 0, count, ...configurations.map(sampleEntryBox)), ...track.samples),
      ),
    ),
  )
}
