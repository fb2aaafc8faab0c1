/** Sample flags. @see ISO/IEC 14496-12 §8.8.3.1 */
export const SAMPLE_FLAGS = {
  /** Depends on no other sample. */
  sync: 0x02000000,
  /** Depends on others, and is no sync sample. */
  inter: 0x01010000,
} as const

/** Whether a decoder may start at a sample with these flags. */
export function isSyncSample(flags: number): boolean {
  return (flags & 0x10000) === 0
}
