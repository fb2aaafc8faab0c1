import { concatBytes } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { byteAt, evenPart } from './payload-format.ts'

/** Most NAL units an access unit may have. */
const MAX_NALUS = 4096

/** Where the payload formats of H.264 and HEVC differ in how they carry NAL units. */
export interface NaluFormat {
  /** Bytes of a NAL unit header. */
  readonly headerBytes: 1 | 2
  /** The type lies in the first byte, above so many bits… */
  readonly typeShift: 0 | 1
  /** …and takes these. */
  readonly typeMask: 0x1f | 0x3f
  /** Type of a packet of several NAL units (STAP-A, AP). */
  readonly aggregation: number
  /** Type of a packet with a part of a NAL unit (FU-A, FU). */
  readonly fragment: number
}

/** @see RFC 6184 §5.2 */
export const H264_NALU_FORMAT: NaluFormat = {
  headerBytes: 1,
  typeShift: 0,
  typeMask: 0x1f,
  aggregation: 24,
  fragment: 28,
}

/** Without decoding order numbers (sprop-max-don-diff 0). @see RFC 7798 §4.4 */
export const HEVC_NALU_FORMAT: NaluFormat = {
  headerBytes: 2,
  typeShift: 1,
  typeMask: 0x3f,
  aggregation: 48,
  fragment: 49,
}

/** Type of a NAL unit or payload. */
export function naluType({ typeShift, typeMask }: NaluFormat, bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) >> typeShift) & typeMask
}

/** One NAL unit as it is when it fits, else in fragments of nearly one size. */
export function fragmentNalu(format: NaluFormat, nalu: Uint8Array, maxBytes: number): Uint8Array[] {
  if (nalu.length <= maxBytes) return [nalu]
  const { headerBytes } = format
  const type = naluType(format, nalu)
  const indicator = withType(format, nalu[0] ?? 0, format.fragment)
  const step = evenPart(nalu.length - headerBytes, maxBytes - headerBytes - 1)
  const parts: Uint8Array[] = []
  for (let at: number = headerBytes; at < nalu.length; at += step) {
    const part = nalu.subarray(at, at + step)
    const out = new Uint8Array(headerBytes + 1 + part.length)
    out.set(nalu.subarray(0, headerBytes))
    out[0] = indicator
    const start = at === headerBytes ? 0x80 : 0
    const end = at + step >= nalu.length ? 0x40 : 0
    out[headerBytes] = start | end | type
    out.set(part, headerBytes + 1)
    parts.push(out)
  }
  return parts
}

/** Several NAL units in one packet; `undefined` when they don't fit. */
export function aggregateNalus(
  format: NaluFormat,
  nalus: readonly Uint8Array[],
  maxBytes: number,
): Uint8Array | undefined {
  const length = nalus.reduce<number>((sum, nalu) => sum + 2 + nalu.length, format.headerBytes)
  if (length > maxBytes) return undefined
  const out = new Uint8Array(length)
  out.set(aggregationHeader(format, nalus))
  let at: number = format.headerBytes
  for (const nalu of nalus) {
    out[at] = nalu.length >> 8
    out[at + 1] = nalu.length
    out.set(nalu, at + 2)
    at += 2 + nalu.length
  }
  return out
}

/**
 * Collects the NAL units of the payloads of one access unit.
 * Throws FormatError: `RTP_PAYLOAD_SHORT`, `RTP_NALU_FRAGMENT` for fragments that don't follow each other, `RTP_NALU_TYPE`
 * for packets of another mode, `RTP_NALU_COUNT` for more than 4096 NAL units.
 */
export function collectNalus(format: NaluFormat, payloads: readonly Uint8Array[]): Uint8Array[] {
  const nalus: Uint8Array[] = []
  const fragments: Uint8Array[] = []
  for (const payload of payloads) {
    const type = naluType(format, payload)
    if (type === format.fragment) {
      const whole = joinFragment(format, payload, fragments)
      if (whole) append(nalus, whole)
      continue
    }
    if (fragments.length > 0) throw new FormatError('RTP_NALU_FRAGMENT', 'a NAL unit without its last fragment')
    if (type === format.aggregation) splitAggregation(format, payload, nalus)
    else if (type === 0 && format.headerBytes === 1) throw unknownType(type)
    else if (type > format.aggregation) throw unknownType(type)
    else if (payload.length > format.headerBytes) append(nalus, payload)
  }
  if (fragments.length > 0) throw new FormatError('RTP_NALU_FRAGMENT', 'a NAL unit without its last fragment')
  return nalus
}

/** Says of the NAL unit that a payload begins with (not goes on with) whether `test` holds; for several, of any. */
export function beginsWithNalu(
  format: NaluFormat,
  payload: Uint8Array,
  test: (type: number, firstPayloadByte: number) => boolean,
): boolean {
  const { headerBytes } = format
  const type = naluType(format, payload)
  if (type === format.fragment) {
    const header = payload[headerBytes] ?? 0
    return (header & 0x80) !== 0 && test(header & format.typeMask, payload[headerBytes + 1] ?? 0)
  }
  if (type !== format.aggregation) return test(type, payload[headerBytes] ?? 0)
  for (let at: number = headerBytes; at + 2 < payload.length;) {
    const length = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0)
    const inner = ((payload[at + 2] ?? 0) >> format.typeShift) & format.typeMask
    if (test(inner, payload[at + 2 + headerBytes] ?? 0)) return true
    at += 2 + length
  }
  return false
}

/** Takes a fragment to those before it; returns the NAL unit when it is whole. */
function joinFragment(format: NaluFormat, payload: Uint8Array, fragments: Uint8Array[]): Uint8Array | undefined {
  const { headerBytes, typeMask } = format
  const header = byteAt(payload, headerBytes)
  const begins = (header & 0x80) !== 0
  if (begins !== (fragments.length === 0)) throw new FormatError('RTP_NALU_FRAGMENT', 'fragments out of order')
  if (begins) {
    // `slice` of a Buffer would be the payload itself, which players get too
    const naluHeader = Uint8Array.from(payload.subarray(0, headerBytes))
    naluHeader[0] = withType(format, naluHeader[0] ?? 0, header & typeMask)
    fragments.push(naluHeader)
  }
  fragments.push(payload.subarray(headerBytes + 1))
  return (header & 0x40) !== 0 ? concatBytes(fragments.splice(0)) : undefined
}

function splitAggregation({ headerBytes }: NaluFormat, payload: Uint8Array, nalus: Uint8Array[]): void {
  for (let at: number = headerBytes; at < payload.length;) {
    const length = (byteAt(payload, at) << 8) | byteAt(payload, at + 1)
    const end = at + 2 + length
    if (end > payload.length) throw new FormatError('RTP_PAYLOAD_SHORT', `an aggregated NAL unit of ${length} bytes`)
    if (length > headerBytes) append(nalus, payload.subarray(at + 2, end))
    at = end
  }
}

function aggregationHeader(format: NaluFormat, nalus: readonly Uint8Array[]): Uint8Array {
  if (format.headerBytes === 1) {
    // nal_ref_idc is the highest of all
    return Uint8Array.of(nalus.reduce((most, nalu) => Math.max(most, (nalu[0] ?? 0) & 0x60), 0) | format.aggregation)
  }
  // layer and temporal id are the lowest of all
  return Uint8Array.of(
    format.aggregation << 1,
    nalus.reduce((least, nalu) => Math.min(least, nalu[1] ?? 1), 0xff),
  )
}

function withType({ typeShift, typeMask }: NaluFormat, first: number, type: number): number {
  return (first & ~(typeMask << typeShift)) | (type << typeShift)
}

function append(nalus: Uint8Array[], nalu: Uint8Array): void {
  if (nalus.length === MAX_NALUS) throw new FormatError('RTP_NALU_COUNT', `more than ${MAX_NALUS} NAL units`)
  nalus.push(nalu)
}

function unknownType(type: number): FormatError {
  return new FormatError('RTP_NALU_TYPE', `a payload of type ${type}, which was not negotiated`)
}
