import type { TrackIdentity } from '@millrace/codecs'
import type { Codec, Track } from '@millrace/media'

import type { FlvPacket } from '../packet.ts'
import { aacReader, g711Reader, mp3Reader, opusReader } from './audio.ts'
import { av1Reader } from './av1.ts'
import { naluReader } from './nalu.ts'
import { vp8Reader, vp9Reader } from './vpx.ts'

/** An access unit and the track it belongs to. */
export interface AccessUnit {
  readonly track: Track
  /** As `Frame.payload`; the packet's own `data` where that is in the right form. */
  readonly payload: Uint8Array
  readonly key: boolean
}

/** Reads the packets of one track in one codec. Remembers the configuration; throws FormatError for what it can't read. */
export interface TrackReader {
  /** Takes a sequence header, not empty. Returns the current track, undefined while something is missing. */
  configure(data: Uint8Array): Track | undefined
  /** Takes an access unit, not empty. Returns undefined while its configuration is missing. */
  read(packet: FlvPacket): AccessUnit | undefined
}

/** The reader of a codec. */
export function trackReader(codec: Codec, identity: TrackIdentity): TrackReader {
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
