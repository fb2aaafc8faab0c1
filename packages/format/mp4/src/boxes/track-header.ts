import { fields, fullBox, readFullBox } from '../box.ts'
import type { Part } from '../box.ts'
import { MATRIX, needs64Bits } from './common.ts'

export interface TrackHeader {
  /** 1 and above. */
  readonly trackId: number
  /** In ticks of the movie; 0 when fragments tell. */
  readonly durationTicks: number
  readonly kind: 'audio' | 'video'
  /** Pixels; 0 for audio. */
  readonly width: number
  readonly height: number
}

const ENABLED_IN_MOVIE = 3

/**
 * TrackHeaderBox `tkhd`.
 * @see ISO/IEC 14496-12 §8.3.2
 */
export function trackHeaderBox({ trackId, durationTicks, kind, width, height }: TrackHeader): Part {
  const version = needs64Bits(durationTicks) ? 1 : 0
  const content = fields((out) => {
    if (version === 1) out.u53(0).u53(0).u32(trackId).u32(0).u53(durationTicks)
    else out.u32(0).u32(0).u32(trackId).u32(0).u32(durationTicks)
    out.bytes(new Uint8Array(8)).u16(0).u16(0) // reserved, layer, alternate_group
    out.u16(kind === 'audio' ? 0x0100 : 0).u16(0) // volume
    out.bytes(MATRIX).u16(width).u16(0).u16(height).u16(0) // 16.16
  })
  return fullBox('tkhd', version, ENABLED_IN_MOVIE, content)
}

/** Id of the track. Throws FormatError `BYTES_SHORT`. */
export function readTrackId(body: Uint8Array): number {
  const { version, reader } = readFullBox(body)
  reader.skip(version === 1 ? 16 : 8)
  return reader.u32()
}
