import { av1ConfigOf, av1Track, isAv1Key, withoutTemporalDelimiters, writeAv1Config } from '@millrace/codecs'
import type { TrackIdentity } from '@millrace/codecs'
import type { VideoTrack } from '@millrace/media'

import type { TrackReader } from './track-reader.ts'

/** AV1. A configuration that lacks, or lacks the sequence header, is made up from the first key frame. */
export function av1Reader(identity: TrackIdentity): TrackReader {
  let track: VideoTrack | undefined
  return {
    configure(data) {
      track = av1Track(identity, new Uint8Array(data))
      return track
    },
    read({ data }) {
      const payload = withoutTemporalDelimiters(data)
      const key = isAv1Key(payload)
      if (key && (track === undefined || track.width === 0)) {
        const found = av1ConfigOf(payload)
        if (found) track = av1Track(identity, writeAv1Config(found))
      }
      return track && { track, payload, key }
    },
  }
}
