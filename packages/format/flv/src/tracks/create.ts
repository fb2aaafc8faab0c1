import type { TrackIdentity } from '@millrace/codecs'
import type { Codec } from '@millrace/media'

import { aacReader, g711Reader, mp3Reader, opusReader } from './audio.ts'
import { av1Reader } from './av1.ts'
import { naluReader } from './nalu.ts'
import type { TrackReader } from './track-reader.ts'
import { vp8Reader, vp9Reader } from './vpx.ts'

/** The reader of a codec. */
export function createTrackReader(codec: Codec, identity: TrackIdentity): TrackReader {
  switch (codec) {
    case 'h264':
    case 'hevc':
      return naluReader(codec, identity)
    case 'av1':
      return av1Reader(identity)
    case 'vp9':
      return vp9Reader(identity)
    case 'vp8':
      return vp8Reader(identity)
    case 'aac':
      return aacReader(identity)
    case 'mp3':
      return mp3Reader(identity)
    case 'opus':
      return opusReader(identity)
    case 'pcma':
    case 'pcmu':
      return g711Reader(codec, identity)
  }
}
