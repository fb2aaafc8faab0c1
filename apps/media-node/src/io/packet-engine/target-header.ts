import type { OutgoingPacket, PacketTarget } from './packet-engine.ts'

/** Bytes of an RTP header without extension. */
export const RTP_HEADER_BYTES = 12

/**
 * Writes the header that a packet has for one target.
 *
 * @param index of the packet for that target; its lower 16 bits are the sequence number
 * @returns its bytes
 * @see RFC 3550 §5.1
 */
export function writeTargetHeader(
  view: DataView,
  bytes: Uint8Array,
  offset: number,
  packet: OutgoingPacket,
  target: PacketTarget,
  index: number,
): number {
  const { extension } = target
  view.setUint8(offset, extension.length > 0 ? 0x90 : 0x80)
  view.setUint8(offset + 1, (packet.marker ? 0x80 : 0) | target.payloadType)
  view.setUint16(offset + 2, index)
  view.setUint32(offset + 4, packet.timestamp + target.timestampOffset)
  view.setUint32(offset + 8, target.ssrc)
  if (extension.length > 0) bytes.set(extension, offset + RTP_HEADER_BYTES)
  return RTP_HEADER_BYTES + extension.length
}
