import type { ByteReader, ByteWriter } from '@millrace/bytes'

/** Key frames wanted of several sources. @see RFC 5104 §4.3.1 */
export interface FullIntraRequest {
  readonly type: 'fir'
  readonly senderSsrc: number
  readonly requests: readonly IntraRequest[]
}

export interface IntraRequest {
  readonly ssrc: number
  /** 8 bits; a request with the number of the one before repeats it. */
  readonly sequence: number
}

export function readFullIntraRequest(body: ByteReader): FullIntraRequest {
  const senderSsrc = body.u32()
  body.skip(4)
  const requests: IntraRequest[] = []
  while (body.remaining > 0) {
    requests.push({ ssrc: body.u32(), sequence: body.u8() })
    body.skip(3)
  }
  return { type: 'fir', senderSsrc, requests }
}

export function writeFullIntraRequest(writer: ByteWriter, packet: FullIntraRequest): void {
  writer.u32(packet.senderSsrc).u32(0)
  for (const { ssrc, sequence } of packet.requests) writer.u32(ssrc).u8(sequence).u24(0)
}
