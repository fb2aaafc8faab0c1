import { fields, fullBox, readFullBox } from '../box.ts'
import type { Part } from '../box.ts'
import { needs64Bits } from './common.ts'

/** ISO 639-2 `und`, in three times five bits. */
const UNDETERMINED = 0x55c4

/**
 * MediaHeaderBox `mdhd`.
 * @param timescale ticks per second of the track
 * @param durationTicks in these; 0 when fragments tell
 * @see ISO/IEC 14496-12 §8.4.2
 */
export function mediaHeaderBox(timescale: number, durationTicks: number): Part {
  const version = needs64Bits(durationTicks) ? 1 : 0
  const content = fields((out) => {
    if (version === 1) out.u53(0).u53(0).u32(timescale).u53(durationTicks)
    else out.u32(0).u32(0).u32(timescale).u32(durationTicks)
    out.u16(UNDETERMINED).u16(0)
  })
  return fullBox('mdhd', version, 0, content)
}

/** Ticks per second of the track. Throws FormatError `BYTES_SHORT`. */
export function readMediaTimescale(body: Uint8Array): number {
  const { version, reader } = readFullBox(body)
  reader.skip(version === 1 ? 16 : 8)
  return reader.u32()
}
