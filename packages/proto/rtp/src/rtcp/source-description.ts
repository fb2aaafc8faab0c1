import type { ByteReader, ByteWriter } from '@millrace/bytes'

/** Canonical names of sources: streams with the same one belong together. @see RFC 3550 §6.5 */
export interface SourceDescription {
  readonly type: 'sdes'
  /** At most 31. */
  readonly chunks: readonly SourceChunk[]
}

export interface SourceChunk {
  readonly ssrc: number
  /** At most 255 bytes of UTF-8; empty if the chunk has none. */
  readonly cname: string
}

const CNAME = 1

/** Items other than CNAME are passed over. @param count of the header */
export function readSourceDescription(body: ByteReader, count: number): SourceDescription {
  const chunks: SourceChunk[] = []
  for (let i = 0; i < count; i++) {
    const ssrc = body.u32()
    let cname = ''
    for (let item = body.u8(); item !== 0; item = body.u8()) {
      const text = body.bytes(body.u8())
      if (item === CNAME) cname = new TextDecoder().decode(text)
    }
    // zero bytes up to the next word; the last chunk of some senders ends without them
    body.skip(Math.min(-body.offset & 3, body.remaining))
    chunks.push({ ssrc, cname })
  }
  return { type: 'sdes', chunks }
}

export function writeSourceDescription(writer: ByteWriter, packet: SourceDescription): void {
  for (const { ssrc, cname } of packet.chunks) {
    const text = new TextEncoder().encode(cname).subarray(0, 255)
    writer.u32(ssrc).u8(CNAME).u8(text.length).bytes(text).u8(0)
    while (writer.length % 4 !== 0) writer.u8(0)
  }
}
