import {
  avcConfigOf,
  H264_NALU,
  h264ParameterSetId,
  h264SlicePpsId,
  h264Track,
  isH264Key,
  readAvcConfig,
  writeAvcConfig,
} from '@millrace/codecs'
import type { PacketTrack } from '@millrace/media'

import { H264_NALU_FORMAT } from './nal-units.ts'
import { isNaluKeyStart, type NaluCodec, NaluDepacketizer, naluPacketizer } from './nalu-codec.ts'
import type { Depacketizer, Packetizer } from './payload-format.ts'

/** Access unit delimiter, end of sequence, end of stream, filler data. */
const FIRST_MARK = H264_NALU.aud
const LAST_MARK = 12

const H264: NaluCodec = {
  format: H264_NALU_FORMAT,
  setTypes: [H264_NALU.sps, H264_NALU.pps],
  spsType: H264_NALU.sps,
  describedBy: ['sprop-parameter-sets'],
  isCarried: (type) => type < FIRST_MARK || type > LAST_MARK,
  isPicture: (type) => type <= H264_NALU.idr,
  // first slices begin with first_mb_in_slice 0, which is one bit that is set
  isKeyStart: (type, first) => type === H264_NALU.sps || (type === H264_NALU.idr && (first & 0x80) !== 0),
  isKey: (payload) => isH264Key(payload, false),
  setId: (nalu) => h264ParameterSetId(nalu).id,
  isDecodable(slice, sets) {
    const pps = sets.get(H264_NALU.pps)?.get(h264SlicePpsId(slice))
    return pps !== undefined && sets.get(H264_NALU.sps)?.get(h264ParameterSetId(pps).spsId) !== undefined
  },
  setsOf(track) {
    const { sps, pps } = readAvcConfig(track.config)
    return [...sps, ...pps]
  },
  trackOf(identity, sets) {
    const [sps = [], pps = []] = [sets.get(H264_NALU.sps)?.all, sets.get(H264_NALU.pps)?.all]
    return h264Track(identity, writeAvcConfig(avcConfigOf(sps, pps)))
  },
}

/** H.264 in packetization mode 1: STAP-A for SPS, PPS and SEI, slices alone or in FU-A. @see RFC 6184 §5 */
export const h264Packetizer: Packetizer = naluPacketizer(H264)

/** Whether a key frame begins with this payload: SPS, or the first slice of an IDR picture. */
export function isH264KeyStart(payload: Uint8Array): boolean {
  return isNaluKeyStart(H264, payload)
}

/** H.264 in packetization modes 0 and 1. @see RFC 6184 */
export function h264Depacketizer(track: Pick<PacketTrack, 'id' | 'clockRate' | 'fmtp'>): Depacketizer {
  return new NaluDepacketizer(H264, track)
}
