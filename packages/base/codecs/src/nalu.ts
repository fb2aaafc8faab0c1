import { FormatError } from '@millrace/core'

/** Most NAL units an access unit may have; more than that is an attack on memory. */
const MAX_NALUS = 4096

/** Where one NAL unit lies: from its header byte at `start` up to `end`. */
export type NaluVisitor = (start: number, end: number) => void

/**
 * Visits the NAL units of a length-prefixed access unit in order; empty ones are skipped.
 *
 * @param lengthSize bytes of each length, 1 to 4
 * Throws FormatError `NALU_LENGTH` when a length passes the end.
 * @see ISO/IEC 14496-15 §5.3.4.2
 */
export function visitNalus(payload: Uint8Array, lengthSize: number, visit: NaluVisitor): void {
  const end = payload.length
  for (let at = 0; at < end;) {
    let length = 0
    const start = at + lengthSize
    if (start > end) throw new FormatError('NALU_LENGTH', `${end - at} bytes where a length of ${lengthSize} was due`)
    for (; at < start; at++) length = length * 256 + (payload[at] ?? 0)
    at = start + length
    if (at > end) throw new FormatError('NALU_LENGTH', `a NAL unit of ${length} bytes where ${end - start} are left`)
    if (length > 0) visit(start, at)
  }
}

/**
 * The NAL units of a length-prefixed access unit, sharing memory.
 * Throws FormatError `NALU_LENGTH`, or `NALU_COUNT` when there are more than 4096.
 */
export function splitNalus(payload: Uint8Array, lengthSize = 4): Uint8Array[] {
  const nalus: Uint8Array[] = []
  visitNalus(payload, lengthSize, (start, end) => append(nalus, payload.subarray(start, end), MAX_NALUS))
  return nalus
}

/** NAL units, each behind a 4-byte length. */
export function joinNalus(nalus: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const nalu of nalus) length += 4 + nalu.length
  const out = new Uint8Array(length)
  let at = 0
  for (const nalu of nalus) {
    writeLength(out, at, nalu.length)
    out.set(nalu, at + 4)
    at += 4 + nalu.length
  }
  return out
}

/** Whether the bytes begin with a start code, and so can't be a sane length-prefixed access unit. */
export function isAnnexB(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && (bytes[2] === 1 || (bytes[2] === 0 && bytes[3] === 1))
}

/**
 * The NAL units of a byte stream with start codes, sharing memory, without their trailing zeros.
 * Bytes before the first start code are dropped. Throws FormatError `NALU_COUNT` when there are more than `maxNalus`.
 * @see ISO/IEC 14496-10 Annex B
 */
export function splitAnnexB(bytes: Uint8Array, maxNalus = MAX_NALUS): Uint8Array[] {
  const nalus: Uint8Array[] = []
  let start = nextStartCode(bytes, 0)
  while (start < bytes.length) {
    start += 3
    const next = nextStartCode(bytes, start)
    let end = next
    while (end > start && bytes[end - 1] === 0) end--
    if (end > start) append(nalus, bytes.subarray(start, end), maxNalus)
    start = next
  }
  return nalus
}

/** NAL units, each behind the start code `00 00 00 01`. */
export function joinAnnexB(nalus: readonly Uint8Array[]): Uint8Array {
  const out = joinNalus(nalus)
  let at = 0
  for (const nalu of nalus) {
    writeLength(out, at, 1)
    at += 4 + nalu.length
  }
  return out
}

/** A byte stream with start codes as a length-prefixed access unit (4-byte lengths). Throws as `splitAnnexB` does. */
export function annexBToNalus(bytes: Uint8Array): Uint8Array {
  return joinNalus(splitAnnexB(bytes))
}

/** A length-prefixed access unit (4-byte lengths) as a byte stream with start codes. Throws as `splitNalus` does. */
export function nalusToAnnexB(payload: Uint8Array): Uint8Array {
  return joinAnnexB(splitNalus(payload))
}

/**
 * The payload of a NAL unit without emulation prevention bytes, of at most `maxBytes` input bytes.
 * @see ISO/IEC 14496-10 §7.3.1
 */
export function unescapeNalu(nalu: Uint8Array, maxBytes = nalu.length): Uint8Array {
  const length = Math.min(nalu.length, maxBytes)
  const out = new Uint8Array(length)
  let size = 0
  let zeros = 0
  for (let i = 0; i < length; i++) {
    const byte = nalu[i] ?? 0
    if (zeros >= 2 && byte === 3) {
      zeros = 0
      continue
    }
    zeros = byte === 0 ? zeros + 1 : 0
    out[size++] = byte
  }
  return out.subarray(0, size)
}

/**
 * Whether an SEI NAL unit holds a recovery point message: decoding may start there although it is no IDR picture.
 *
 * @param headerBytes length of the NAL unit header: 1 for H.264, 2 for HEVC
 * @see ISO/IEC 14496-10 §D.1.8
 */
export function hasRecoveryPoint(sei: Uint8Array, headerBytes: number): boolean {
  const bytes = unescapeNalu(sei.subarray(headerBytes), 1024)
  // the last byte holds the trailing bits
  for (let at = 0; at + 2 < bytes.length;) {
    let type = 0
    let size = 0
    for (; bytes[at] === 0xff; at++) type += 255
    type += bytes[at++] ?? 0
    for (; bytes[at] === 0xff; at++) size += 255
    size += bytes[at++] ?? 0
    if (type === 6) return true
    at += size
  }
  return false
}

function append(nalus: Uint8Array[], nalu: Uint8Array, maxNalus: number): void {
  if (nalus.length === maxNalus) throw new FormatError('NALU_COUNT', `more than ${maxNalus} NAL units`)
  nalus.push(nalu)
}

function writeLength(out: Uint8Array, at: number, length: number): void {
  out[at] = length >>> 24
  out[at + 1] = length >>> 16
  out[at + 2] = length >>> 8
  out[at + 3] = length
}

/** Offset of the next `00 00 01` at or after `from`, else the length. */
function nextStartCode(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 2 < bytes.length;) {
    const third = bytes[at + 2] ?? 0
    if (third > 1) at += 3
    else if (third === 1 && bytes[at] === 0 && bytes[at + 1] === 0) return at
    else at++
  }
  return bytes.length
}
