import { concatBytes } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

/** OBU types. @see AV1 Bitstream §6.2.2 */
export const AV1_OBU = {
  sequenceHeader: 1,
  temporalDelimiter: 2,
  frameHeader: 3,
  tileGroup: 4,
  metadata: 5,
  frame: 6,
  padding: 15,
} as const

/** Most OBUs a temporal unit may have; 512 tiles are the most of one frame. */
const MAX_OBUS = 4096

/** One open bitstream unit: it reaches from `start` to `end`, its payload from `payloadStart`. */
export interface Av1Obu {
  readonly type: number
  readonly start: number
  readonly payloadStart: number
  readonly end: number
}

/**
 * The OBUs of a temporal unit in the low-overhead format. One without a size reaches to the end.
 * Throws FormatError `AV1_OBU_FORBIDDEN`, `AV1_OBU_SIZE`, `AV1_OBU_COUNT` (more than 4096), `AV1_LEB128`.
 * @see AV1 Bitstream §5.3
 */
export function splitObus(bytes: Uint8Array): Av1Obu[] {
  const obus: Av1Obu[] = []
  for (let at = 0; at < bytes.length;) {
    const start = at
    const header = bytes[at++] ?? 0
    if ((header & 0x80) !== 0) throw new FormatError('AV1_OBU_FORBIDDEN', 'the forbidden bit of an OBU is set')
    if ((header & 4) !== 0) at++ // temporal and spatial ids
    let size = bytes.length - at
    if ((header & 2) !== 0) [size, at] = readLeb128(bytes, at)
    const end = at + size
    if (size < 0 || end > bytes.length) throw new FormatError('AV1_OBU_SIZE', `an OBU of ${size} bytes passes the end`)
    if (obus.length === MAX_OBUS) throw new FormatError('AV1_OBU_COUNT', `more than ${MAX_OBUS} OBUs`)
    obus.push({ type: (header >> 3) & 15, start, payloadStart: at, end })
    at = end
  }
  return obus
}

/**
 * Whether a decoder may start at this temporal unit: its first frame is a key frame that is shown.
 * Throws FormatError as `splitObus` does. @see AV1 Bitstream §5.9.2
 */
export function isAv1Key(payload: Uint8Array): boolean {
  for (const { type, payloadStart, end } of splitObus(payload)) {
    if ((type !== AV1_OBU.frame && type !== AV1_OBU.frameHeader) || payloadStart === end) continue
    // show_existing_frame 0, frame_type 0, show_frame 1
    return (payload[payloadStart] ?? 0) >> 4 === 1
  }
  return false
}

/** The temporal unit without temporal delimiters, which a sample has no place for; the same array if it has none. */
export function withoutTemporalDelimiters(bytes: Uint8Array): Uint8Array {
  const obus = splitObus(bytes)
  const kept = obus.filter(({ type }) => type !== AV1_OBU.temporalDelimiter)
  if (kept.length === obus.length) return bytes
  return concatBytes(kept.map(({ start, end }) => bytes.subarray(start, end)))
}

/** `value` as a little-endian base 128 number, in as few bytes as it takes. @see AV1 Bitstream §4.10.5 */
export function writeLeb128(value: number): Uint8Array {
  const bytes: number[] = []
  let left = value
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push((left & 0x7f) | 0x80)
  return Uint8Array.from([...bytes, left])
}

/**
 * Reads a little-endian base 128 number of at most 8 bytes, at most 2^32 - 1: its value and the offset after it.
 * Throws FormatError `AV1_LEB128`. @see AV1 Bitstream §4.10.5
 */
export function readLeb128(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0
  for (let i = 0; i < 8 && at + i < bytes.length; i++) {
    const byte = bytes[at + i] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (value > 0xffffffff) break
    if (byte < 0x80) return [value, at + i + 1]
  }
  throw new FormatError('AV1_LEB128', 'a size that does not end')
}
