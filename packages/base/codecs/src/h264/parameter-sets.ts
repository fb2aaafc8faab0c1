import { BitReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { unescapeNalu } from '../nalu.ts'
import { H264_NALU, h264NaluType } from './nalu.ts'

/** Exp-Golomb codes before and with the ids below take less than this. */
const HEAD_BYTES = 32

/** Id of a parameter set, and for a PPS the id of the SPS it builds on (its own id for an SPS). */
export interface H264ParameterSetId {
  readonly id: number
  readonly spsId: number
}

/**
 * Ids of an SPS (0 to 31) or PPS (0 to 255) NAL unit, header byte included.
 * Throws FormatError `H264_PARAMETER_SET_ID`, or `BITS_…` when it ends early. @see ISO/IEC 14496-10 §7.4.2.1.1, §7.4.2.2
 */
export function h264ParameterSetId(nalu: Uint8Array): H264ParameterSetId {
  const isSps = h264NaluType(nalu) === H264_NALU.sps
  const bits = new BitReader(unescapeNalu(nalu.subarray(1), HEAD_BYTES))
  if (isSps) bits.skip(24) // profile, constraints, level
  const id = bits.ue()
  const spsId = isSps ? id : bits.ue()
  if (id > 255 || spsId > 31) throw new FormatError('H264_PARAMETER_SET_ID', `parameter set ${id} of SPS ${spsId}`)
  return { id, spsId }
}

/** Id of the PPS that a slice NAL unit (types 1, 2 and 5) uses. Throws as `BitReader` does. @see ISO/IEC 14496-10 §7.3.3 */
export function h264SlicePpsId(nalu: Uint8Array): number {
  const bits = new BitReader(unescapeNalu(nalu.subarray(1), HEAD_BYTES))
  bits.ue() // first_mb_in_slice
  bits.ue() // slice_type
  return bits.ue()
}
