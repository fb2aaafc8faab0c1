import { BitReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { hasRecoveryPoint, unescapeNalu, visitNalus } from '../nalu.ts'

/** NAL unit types, the low 5 bits of the first byte. @see ISO/IEC 14496-10 table 7-1 */
export const H264_NALU = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, aud: 9 } as const

/** NAL unit type of an H.264 NAL unit. */
export function h264NaluType(nalu: Uint8Array): number {
  return (nalu[0] ?? 0) & 0x1f
}

export type H264SliceType = 'P' | 'B' | 'I' | 'SP' | 'SI'

const SLICE_TYPES: readonly H264SliceType[] = ['P', 'B', 'I', 'SP', 'SI']

/**
 * Type of a slice NAL unit (types 1, 2 and 5). Throws FormatError `H264_SLICE_TYPE`, or `BITS_…` when it is too short.
 * @see ISO/IEC 14496-10 §7.3.3
 */
export function h264SliceType(nalu: Uint8Array): H264SliceType {
  const bits = new BitReader(unescapeNalu(nalu.subarray(1), 16))
  bits.ue() // first_mb_in_slice
  const type = SLICE_TYPES[bits.ue() % 5]
  if (type === undefined) throw new FormatError('H264_SLICE_TYPE', 'unknown slice type')
  return type
}

/**
 * Whether a decoder may start at this access unit: it holds an IDR slice or a recovery point, or the container calls
 * it a key frame and its first slice is I (encoders that send no IDR after the first).
 *
 * @param payload NAL units behind 4-byte lengths; throws FormatError `NALU_LENGTH` when they don't fit
 */
export function isH264Key(payload: Uint8Array, containerSaysKey: boolean): boolean {
  let key = false
  let sliceSeen = false
  visitNalus(payload, 4, (start, end) => {
    const type = (payload[start] ?? 0) & 0x1f
    if (type === H264_NALU.idr) key = true
    else if (type === H264_NALU.sei) key ||= hasRecoveryPoint(payload.subarray(start, end), 1)
    else if (type === H264_NALU.slice && containerSaysKey && !sliceSeen) {
      sliceSeen = true
      key ||= h264SliceType(payload.subarray(start, end)) === 'I'
    }
  })
  return key
}
