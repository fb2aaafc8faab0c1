import type { ByteReader, ByteWriter } from '@millrace/bytes'

/** Sources that have ended. @see RFC 3550 §6.6 */
export interface Bye {
  readonly type: 'bye'
  /** At most 31. */
  readonly ssrcs: readonly number[]
  /** At most 255 bytes of UTF-8; empty for none. */
  readonly reason: string
}

/** @param count of the header */
export function readBye(body: ByteReader, count: number): Bye {
  const ssrcs: number[] = []
  for (let i = 0; i < count; i++) ssrcs.push(body.u32())
  const reason = body.remaining > 0 ? new TextDecoder().decode(body.bytes(body.u8())) : ''
  return { type: 'bye', ssrcs, reason }
}

export function writeBye(writer: ByteWriter, packet: Bye): void {
  for (const ssrc of packet.ssrcs) writer.u32(ssrc)
  if (packet.reason === '') return
  const text = new TextEncoder().encode(packet.reason).subarray(0, 255)
  writer.u8(text.length).bytes(text)
  while (writer.length % 4 !== 0) writer.u8(0)
}
