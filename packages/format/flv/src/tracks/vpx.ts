import {
  isVp8Key,
  isVp9Key,
  readVp8KeyFrame,
  readVp9KeyFrame,
  readVpConfig,
  vp8Track,
  vp9ConfigOf,
  vp9Track,
  writeVpConfig,
} from '@millrace/codecs'
import type { TrackIdentity } from '@millrace/codecs'
import type { VideoTrack } from '@millrace/media'

import type { TrackReader } from './track-reader.ts'

/** VP9: the configuration has no picture size, so the track comes with the first key frame. */
export function vp9Reader(identity: TrackIdentity): TrackReader {
  let track: VideoTrack | undefined
  let config: Uint8Array | undefined
  return {
    configure(data) {
      config = writeVpConfig(readVpConfig(data))
      return track
    },
    read({ data }) {
      const key = isVp9Key(data)
      if (key) {
        const frame = readVp9KeyFrame(data)
        config ??= writeVpConfig(vp9ConfigOf(frame))
        if (track?.config !== config || !sameSize(track, frame)) track = vp9Track(identity, config, frame)
      }
      return track && { track, payload: data, key }
    },
  }
}

/** VP8: all there is to know is in the key frames. */
export function vp8Reader(identity: TrackIdentity): TrackReader {
  let track: VideoTrack | undefined
  return {
    configure: () => track,
    read({ data }) {
      const key = isVp8Key(data)
      if (key) {
        const frame = readVp8KeyFrame(data)
        if (!track || !sameSize(track, frame)) track = vp8Track(identity, frame)
      }
      return track && { track, payload: data, key }
    },
  }
}

interface Size {
  readonly width: number
  readonly height: number
}

function sameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height
}
