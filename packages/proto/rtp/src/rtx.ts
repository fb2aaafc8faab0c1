import { readU16, writeU16, writeU32 } from './octets.ts'
import { type RtpHeader, type RtpHeaderFields, writeRtpHeader } from './rtp-packet.ts'

/** Bytes of the original sequence number before the payload. @see RFC 4588 §4 */
export const OSN_BYTES = 2

/**
 * Turns a retransmission into the packet it repeats, in the same memory. Padding and header extensions stay.
 *
 * @param bytes is overwritten
 * @param header of `bytes`
 * @param ssrc of the stream that is repeated
 * @param payloadType of the stream that is repeated, which `apt` names
 * @returns undefined for a packet without payload, as senders send them to probe
 * @see RFC 4588 §4
 */
export function unwrapRtx(
  bytes: Uint8Array,
  header: RtpHeader,
  ssrc: number,
  payloadType: number,
): Uint8Array | undefined {
  const { headerBytes, marker } = header
  if (header.payloadEnd - headerBytes < OSN_BYTES) return undefined
  const sequence = readU16(bytes, headerBytes)
  bytes.copyWithin(OSN_BYTES, 0, headerBytes)
  const packet = bytes.subarray(OSN_BYTES)
  packet[1] = (marker ? 0x80 : 0) | (payloadType & 0x7f)
  writeU16(packet, 2, sequence)
  writeU32(packet, 8, ssrc)
  return packet
}

/**
 * Writes a retransmission at `offset`, where `rtpHeaderBytes(fields) + OSN_BYTES + payload.length` bytes must be free.
 *
 * @param fields payload type, SSRC and sequence number of the retransmission's stream; the rest of the original
 * @param originalSequence the lower 16 bits are sent
 * @returns how many bytes that were
 * @see RFC 4588 §4
 */
export function writeRtx(
  target: Uint8Array,
  offset: number,
  fields: RtpHeaderFields,
  originalSequence: number,
  payload: Uint8Array,
): number {
  const headerBytes = writeRtpHeader(target, offset, fields)
  writeU16(target, offset + headerBytes, originalSequence)
  target.set(payload, offset + headerBytes + OSN_BYTES)
  return headerBytes + OSN_BYTES + payload.length
}
