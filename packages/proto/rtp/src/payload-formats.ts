import { FormatError } from '@millrace/core'
import type { Codec, PacketTrack } from '@millrace/media'

import { Av1Depacketizer, av1Packetizer, isAv1KeyStart } from './payloads/av1.ts'
import { G711Depacketizer, g711Packetizer } from './payloads/g711.ts'
import { h264Depacketizer, h264Packetizer, isH264KeyStart } from './payloads/h264.ts'
import { hevcDepacketizer, hevcPacketizer, isHevcKeyStart } from './payloads/hevc.ts'
import { OpusDepacketizer, opusPacketizer } from './payloads/opus.ts'
import type { Depacketizer, Packetizer } from './payloads/payload-format.ts'
import { isVp8KeyStart, Vp8Depacketizer, Vp8Packetizer } from './payloads/vp8.ts'
import { isVp9KeyStart, Vp9Depacketizer, Vp9Packetizer } from './payloads/vp9.ts'

/** A packetizer for the frames of one track. Throws FormatError `RTP_CODEC` for a codec without a payload format here. */
export function createPacketizer(codec: Codec): Packetizer {
  switch (codec) {
    case 'h264':
      return h264Packetizer
    case 'hevc':
      return hevcPacketizer
    case 'av1':
      return av1Packetizer
    case 'vp9':
      return new Vp9Packetizer()
    case 'vp8':
      return new Vp8Packetizer()
    case 'opus':
      return opusPacketizer
    case 'pcma':
    case 'pcmu':
      return g711Packetizer
    default:
      throw noPayloadFormat(codec)
  }
}

/** A depacketizer for one layer of a track. Throws FormatError `RTP_CODEC` for a codec without a payload format here. */
export function createDepacketizer(track: PacketTrack): Depacketizer {
  const { codec } = track
  switch (codec) {
    case 'h264':
      return h264Depacketizer(track)
    case 'hevc':
      return hevcDepacketizer(track)
    case 'av1':
      return new Av1Depacketizer(track)
    case 'vp9':
      return new Vp9Depacketizer(track)
    case 'vp8':
      return new Vp8Depacketizer(track)
    case 'opus':
      return new OpusDepacketizer(track)
    case 'pcma':
    case 'pcmu':
      return new G711Depacketizer(track, codec)
    default:
      throw noPayloadFormat(codec)
  }
}

/**
 * Whether a key frame begins with this payload; true for all audio that isn't empty. Several packets of one key frame
 * may say so (its parameter sets, its first slice): it begins with the first of them that has its timestamp. Payloads
 * that can't be read are none. Allocates nothing.
 */
export function isKeyStart(codec: Codec, payload: Uint8Array): boolean {
  if (payload.length === 0) return false
  switch (codec) {
    case 'h264':
      return isH264KeyStart(payload)
    case 'hevc':
      return isHevcKeyStart(payload)
    case 'av1':
      return isAv1KeyStart(payload)
    case 'vp9':
      return isVp9KeyStart(payload)
    case 'vp8':
      return isVp8KeyStart(payload)
    default:
      return true
  }
}

function noPayloadFormat(codec: Codec): FormatError {
  return new FormatError('RTP_CODEC', `${codec} is not carried by RTP here`)
}
