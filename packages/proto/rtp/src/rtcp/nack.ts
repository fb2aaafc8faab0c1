import type { ByteReader, ByteWriter } from '@millrace/bytes'

/** Packets that a receiver misses and wants again. @see RFC 4585 §6.2.1 */
export interface Nack {
  readonly type: 'nack'
  readonly senderSsrc: number
  readonly mediaSsrc: number
  /** Read: 16 bits each. To write: in rising order, the lower 16 bits of each are sent, so unwrapped numbers do. */
  readonly sequences: readonly number[]
}

export function readNack(body: ByteReader): Nack {
  const senderSsrc = body.u32()
  const mediaSsrc = body.u32()
  const sequences: number[] = []
  while (body.remaining > 0) {
    const first = body.u16()
    sequences.push(first)
    for (let mask = body.u16(), next = first + 1; mask !== 0; mask >>>= 1, next++) {
      if (mask & 1) sequences.push(next & 0xffff)
    }
  }
  return { type: 'nack', senderSsrc, mediaSsrc, sequences }
}

export function writeNack(writer: ByteWriter, packet: Nack): void {
  writer.u32(packet.senderSsrc).u32(packet.mediaSsrc)
  const { sequences } = packet
  for (let i = 0; i < sequences.length;) {
    const first = sequences[i++] ?? 0
    let mask = 0
    for (; i < sequences.length; i++) {
      const after = ((sequences[i] ?? 0) - first) & 0xffff
      if (after > 16) break
      if (after > 0) mask |= 1 << (after - 1)
    }
    writer.u16(first).u16(mask)
  }
}
