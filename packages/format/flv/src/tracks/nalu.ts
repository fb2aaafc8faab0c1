import {
  annexBToNalus,
  h264Track,
  hevcTrack,
  isAnnexB,
  isH264Key,
  isHevcKey,
  joinNalus,
  readAvcConfig,
  readHevcConfig,
  splitNalus,
  writeAvcConfig,
  writeHevcConfig,
} from '@millrace/codecs'
import type { TrackIdentity } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { VideoTrack } from '@millrace/media'

import type { FlvPacket } from '../packet.ts'
import type { TrackReader } from './track-reader.ts'

/** A track whose configuration says 4-byte lengths, and the length its packets really have. */
interface Configuration {
  readonly track: VideoTrack
  readonly lengthSize: number
}

/** H.264 and HEVC. */
export function naluReader(codec: 'h264' | 'hevc', identity: TrackIdentity): TrackReader {
  let current: Configuration | undefined
  return {
    configure(data) {
      current = codec === 'hevc' ? hevcConfiguration(identity, data) : avcOrMislabelledHevc(identity, data)
      return current.track
    },
    read(packet) {
      if (!current) return undefined
      const { track, lengthSize } = current
      const { data } = packet
      try {
        const payload = lengthSize === 4 ? data : joinNalus(splitNalus(data, lengthSize))
        return { track, payload, key: isKey(track, payload, packet) }
      } catch (error) {
        // some encoders leave start codes in; a good access unit may begin like one, so this comes second
        if (!isAnnexB(data)) throw error
        const payload = annexBToNalus(data)
        return { track, payload, key: isKey(track, payload, packet) }
      }
    },
  }
}

function isKey(track: VideoTrack, payload: Uint8Array, packet: FlvPacket): boolean {
  return track.codec === 'hevc' ? isHevcKey(payload) : isH264Key(payload, packet.kind === 'video' && packet.key)
}

/** OBS 29.0 sent HEVC under the codec id of H.264: tell by the configuration record. */
function avcOrMislabelledHevc(identity: TrackIdentity, data: Uint8Array): Configuration {
  try {
    return avcConfiguration(identity, data)
  } catch (avcError) {
    if (!(avcError instanceof FormatError)) throw avcError
    try {
      return hevcConfiguration(identity, data)
    } catch {
      throw avcError
    }
  }
}

function avcConfiguration(identity: TrackIdentity, data: Uint8Array): Configuration {
  const record = readAvcConfig(data)
  const config = record.lengthSize === 4 ? new Uint8Array(data) : writeAvcConfig({ ...record, lengthSize: 4 })
  return { track: h264Track(identity, config), lengthSize: record.lengthSize }
}

function hevcConfiguration(identity: TrackIdentity, data: Uint8Array): Configuration {
  const record = readHevcConfig(data)
  const config = record.lengthSize === 4 ? new Uint8Array(data) : writeHevcConfig({ ...record, lengthSize: 4 })
  return { track: hevcTrack(identity, config), lengthSize: record.lengthSize }
}
