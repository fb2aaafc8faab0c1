/** No transformation. @see ISO/IEC 14496-12 §8.2.2 */
export const MATRIX: Uint8Array = Uint8Array.of(
  ...[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0],
)

/** Whether a duration or a time needs version 1 of its box. */
export function needs64Bits(ticks: number): boolean {
  // all ones means "unknown" in 32 bits
  return ticks >= 0xffffffff
}
