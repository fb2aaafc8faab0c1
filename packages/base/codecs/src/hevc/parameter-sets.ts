import { BitReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { unescapeNalu } from '../nalu.ts'
import { HEVC_NALU, hevcNaluType } from './nalu.ts'
import { readHevcProfile } from './profile.ts'

/** What comes before the id of an SPS takes less than this. */
const HEAD_BYTES = 160

/**
 * Id of a VPS (0 to 15), SPS (0 to 15) or PPS (0 to 63) NAL unit, its 2 header bytes included.
 * Throws FormatError `HEVC_PARAMETER_SET_ID`, or `BITS_…` when it ends early. @see ITU-T H.265 §7.3.2.1 to 7.3.2.3
 */
export function hevcParameterSetId(nalu: Uint8Array): number {
  const type = hevcNaluType(nalu)
  const bits = new BitReader(unescapeNalu(nalu.subarray(2), HEAD_BYTES))
  if (type === HEVC_NALU.vps) return bits.u(4)
  if (type === HEVC_NALU.sps) {
    bits.skip(4) // sps_video_parameter_set_id
    const subLayers = bits.u(3) + 1
    bits.skip(1) // sps_temporal_id_nesting_flag
    readHevcProfile(bits, subLayers)
  }
  const id = bits.ue()
  if (id > 63) throw new FormatError('HEVC_PARAMETER_SET_ID', `parameter set ${id}`)
  return id
}
