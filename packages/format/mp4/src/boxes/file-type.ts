import { box, fields, fourCc } from '../box.ts'
import type { Part } from '../box.ts'

/**
 * FileTypeBox `ftyp`.
 * @see ISO/IEC 14496-12 §4.3
 */
export function fileTypeBox(majorBrand: string, compatibleBrands: readonly string[]): Part {
  return box('ftyp', brands(majorBrand, compatibleBrands))
}

/**
 * SegmentTypeBox `styp`.
 * @see ISO/IEC 14496-12 §8.16.2
 */
export function segmentTypeBox(majorBrand: string, compatibleBrands: readonly string[]): Part {
  return box('styp', brands(majorBrand, compatibleBrands))
}

function brands(majorBrand: string, compatibleBrands: readonly string[]): Uint8Array {
  return fields((out) => {
    out.bytes(fourCc(majorBrand)).u32(0)
    for (const brand of compatibleBrands) out.bytes(fourCc(brand))
  })
}
