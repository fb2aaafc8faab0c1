import { fields } from '../box.ts'

/** No transformation. @see ISO/IEC 14496-12 §8.2.2 */
export const MATRIX: Uint8Array = fields((out) => {
  for (const value of [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000]) out.u32(value)
})

/** Whether a duration or a time needs version 1 of its box. */
export function needs64Bits(ticks: number): boolean {
  // all ones means "unknown" in 32 bits
  return ticks >= 0xffffffff
}
