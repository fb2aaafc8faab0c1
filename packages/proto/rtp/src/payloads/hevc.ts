import {
  HEVC_NALU,
  hevcConfigOf,
  hevcParameterSetId,
  hevcParameterSets,
  hevcTrack,
  isHevcIrap,
  isHevcKey,
  readHevcConfig,
  writeHevcConfig,
} from '@millrace/codecs'
import type { PacketTrack } from '@millrace/media'

import { HEVC_NALU_FORMAT } from './nal-units.ts'
import { isNaluKeyStart, type NaluCodec, NaluDepacketizer, naluPacketizer } from './nalu-codec.ts'
import type { Depacketizer, Packetizer } from './payload-format.ts'

/** Access unit delimiter, end of sequence, end of bitstream, filler data. */
const FIRST_MARK = HEVC_NALU.aud
const LAST_MARK = 38
const SETS = [HEVC_NALU.vps, HEVC_NALU.sps, HEVC_NALU.pps] as const

const HEVC: NaluCodec = {
  format: HEVC_NALU_FORMAT,
  setTypes: SETS,
  spsType: HEVC_NALU.sps,
  describedBy: ['sprop-vps', 'sprop-sps', 'sprop-pps'],
  isCarried: (type) => type < FIRST_MARK || type > LAST_MARK,
  isPicture: (type) => type < HEVC_NALU.vps,
  // slices begin with first_slice_segment_in_pic_flag
  isKeyStart: (type, first) =>
    type === HEVC_NALU.vps || type === HEVC_NALU.sps || (isHevcIrap(type) && (first & 0x80) !== 0),
  isKey: isHevcKey,
  setId: hevcParameterSetId,
  isDecodable: (_slice, sets) => SETS.every((type) => (sets.get(type)?.all.length ?? 0) > 0),
  setsOf(track) {
    const config = readHevcConfig(track.config)
    return SETS.flatMap((type) => hevcParameterSets(config, type))
  },
  trackOf(identity, sets) {
    const [vps = [], sps = [], pps = []] = SETS.map((type) => sets.get(type)?.all)
    return hevcTrack(identity, writeHevcConfig(hevcConfigOf(vps, sps, pps)))
  },
}

/** HEVC without decoding order numbers: AP for parameter sets and SEI, slices alone or in FU. @see RFC 7798 §4.4 */
export const hevcPacketizer: Packetizer = naluPacketizer(HEVC)

/** Whether a key frame begins with this payload: VPS, SPS, or the first slice of an IRAP picture. */
export function isHevcKeyStart(payload: Uint8Array): boolean {
  return isNaluKeyStart(HEVC, payload)
}

/** HEVC without decoding order numbers. @see RFC 7798 */
export function hevcDepacketizer(track: Pick<PacketTrack, 'id' | 'clockRate' | 'fmtp'>): Depacketizer {
  return new NaluDepacketizer(HEVC, track)
}
