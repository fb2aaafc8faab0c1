import { hasRecoveryPoint, visitNalus } from '../nalu.ts'

/** NAL unit types, bits 1 to 6 of the first byte. @see ITU-T H.265 table 7-1 */
export const HEVC_NALU = { idrWithRadl: 19, idr: 20, cra: 21, vps: 32, sps: 33, pps: 34, aud: 35, sei: 39 } as const

/** NAL unit type of an HEVC NAL unit. */
export function hevcNaluType(nalu: Uint8Array): number {
  return ((nalu[0] ?? 0) >> 1) & 0x3f
}

/** Whether the type is of an intra random access point picture: BLA, IDR, CRA. @see ITU-T H.265 §3.74 */
export function isHevcIrap(type: number): boolean {
  return type >= 16 && type <= 23
}

/**
 * Whether a decoder may start at this access unit: it holds an IRAP picture or a recovery point.
 *
 * @param payload NAL units behind 4-byte lengths; throws FormatError `NALU_LENGTH` when they don't fit
 */
export function isHevcKey(payload: Uint8Array): boolean {
  let key = false
  visitNalus(payload, 4, (start, end) => {
    const type = ((payload[start] ?? 0) >> 1) & 0x3f
    key ||= isHevcIrap(type) || (type === HEVC_NALU.sei && hasRecoveryPoint(payload.subarray(start, end), 2))
  })
  return key
}
