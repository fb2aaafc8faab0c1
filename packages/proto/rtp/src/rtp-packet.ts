import { ProtocolError } from '@millrace/core'

import { type ExtensionBlock, extensionBytes, type HeaderExtension, writeExtensions } from './header-extensions.ts'
import { readU16, readU32, writeU16, writeU32 } from './octets.ts'

/** Bytes of a header without contributing sources and extensions. @see RFC 3550 §5.1 */
export const RTP_HEADER_BYTES = 12

/** The header of an RTP packet, and where the parts behind it lie. @see RFC 3550 §5.1 */
export interface RtpHeader {
  readonly marker: boolean
  /** 7 bits. */
  readonly payloadType: number
  /** 16 bits. */
  readonly sequence: number
  /** 32 bits. */
  readonly timestamp: number
  /** 32 bits. */
  readonly ssrc: number
  /** Where the payload begins. */
  readonly headerBytes: number
  /** Where the payload ends and padding begins; `headerBytes` for a packet that is only padding. */
  readonly payloadEnd: number
  /** The header extension; null without one. */
  readonly extensions: ExtensionBlock | null
}

/** What a header that is written says. */
export interface RtpHeaderFields {
  readonly marker: boolean
  readonly payloadType: number
  /** The lower 16 bits are sent. */
  readonly sequence: number
  /** The lower 32 bits are sent. */
  readonly timestamp: number
  readonly ssrc: number
  readonly extensions?: readonly HeaderExtension[]
}

/** Whether a packet of a port that carries both is RTCP, by its payload type. @see RFC 5761 §4 */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1] ?? 0
  return bytes.length >= 8 && (bytes[0] ?? 0) >> 6 === 2 && type >= 192 && type <= 223
}

/** Whether a packet of a port that carries both is RTP. @see RFC 5761 §4 */
export function isRtp(bytes: Uint8Array): boolean {
  const type = bytes[1] ?? 0
  return bytes.length >= RTP_HEADER_BYTES && (bytes[0] ?? 0) >> 6 === 2 && (type < 192 || type > 223)
}

/**
 * Reads the header of a plain packet. Throws ProtocolError `RTP_SHORT`, `RTP_VERSION` or `RTP_PADDING`.
 *
 * @see RFC 3550 §5.1
 */
export function readRtpHeader(bytes: Uint8Array): RtpHeader {
  const length = bytes.length
  if (length < RTP_HEADER_BYTES) throw short(length)
  const first = bytes[0] ?? 0
  if (first >> 6 !== 2) throw new ProtocolError('RTP_VERSION', `RTP of version ${first >> 6}`)
  let headerBytes = RTP_HEADER_BYTES + (first & 0x0f) * 4
  let extensions: ExtensionBlock | null = null
  if (first & 0x10) {
    if (headerBytes + 4 > length) throw short(length)
    const offset = headerBytes + 4
    extensions = { profile: readU16(bytes, headerBytes), offset, bytes: readU16(bytes, headerBytes + 2) * 4 }
    headerBytes = offset + extensions.bytes
  }
  if (headerBytes > length) throw short(length)
  let payloadEnd = length
  if (first & 0x20) {
    const padding = bytes[length - 1] ?? 0
    payloadEnd = length - padding
    if (padding === 0 || payloadEnd < headerBytes) {
      throw new ProtocolError(
        'RTP_PADDING',
        `${padding} bytes of padding behind a header of ${headerBytes}, ${length} in all`,
      )
    }
  }
  const second = bytes[1] ?? 0
  return {
    marker: second >= 0x80,
    payloadType: second & 0x7f,
    sequence: readU16(bytes, 2),
    timestamp: readU32(bytes, 4),
    ssrc: readU32(bytes, 8),
    headerBytes,
    payloadEnd,
    extensions,
  }
}

/** How many bytes `writeRtpHeader` writes. */
export function rtpHeaderBytes(fields: RtpHeaderFields): number {
  return RTP_HEADER_BYTES + (fields.extensions?.length ? extensionBytes(fields.extensions) : 0)
}

/**
 * Writes a header without contributing sources and padding at `offset`, where `rtpHeaderBytes(fields)` bytes must be free.
 *
 * @returns how many bytes that were
 * @see RFC 3550 §5.1
 */
export function writeRtpHeader(target: Uint8Array, offset: number, fields: RtpHeaderFields): number {
  const extended = fields.extensions !== undefined && fields.extensions.length > 0
  target[offset] = extended ? 0x90 : 0x80
  target[offset + 1] = (fields.marker ? 0x80 : 0) | (fields.payloadType & 0x7f)
  writeU16(target, offset + 2, fields.sequence)
  writeU32(target, offset + 4, fields.timestamp)
  writeU32(target, offset + 8, fields.ssrc)
  if (!extended) return RTP_HEADER_BYTES
  return RTP_HEADER_BYTES + writeExtensions(target, offset + RTP_HEADER_BYTES, fields.extensions)
}

const short = (length: number): ProtocolError =>
  new ProtocolError('RTP_SHORT', `an RTP packet cut off at ${length} bytes`)
