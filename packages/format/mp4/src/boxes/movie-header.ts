import { fields, fullBox, readFullBox } from '../box.ts'
import type { Part } from '../box.ts'
import { MATRIX, needs64Bits } from './common.ts'

export interface MovieHeader {
  /** Ticks per second of the movie's timeline. */
  readonly timescale: number
  /** In these ticks; 0 when fragments tell. */
  readonly durationTicks: number
  /** Above the id of any track. */
  readonly nextTrackId: number
}

/**
 * MovieHeaderBox `mvhd`.
 * @see ISO/IEC 14496-12 §8.2.2
 */
export function movieHeaderBox({ timescale, durationTicks, nextTrackId }: MovieHeader): Part {
  const version = needs64Bits(durationTicks) ? 1 : 0
  const content = fields((out) => {
    if (version === 1) out.u53(0).u53(0).u32(timescale).u53(durationTicks)
    else out.u32(0).u32(0).u32(timescale).u32(durationTicks)
    out.u32(0x00010000).u16(0x0100) // rate, volume
    out.bytes(new Uint8Array(10)).bytes(MATRIX).bytes(new Uint8Array(24))
    out.u32(nextTrackId)
  })
  return fullBox('mvhd', version, 0, content)
}

/** Ticks per second of the movie's timeline. Throws FormatError `BYTES_SHORT`. */
export function readMovieTimescale(body: Uint8Array): number {
  const { version, reader } = readFullBox(body)
  reader.skip(version === 1 ? 16 : 8)
  return reader.u32()
}
