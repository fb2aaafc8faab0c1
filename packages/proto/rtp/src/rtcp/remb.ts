import type { ByteReader, ByteWriter } from '@millrace/bytes'

/** The most a receiver believes to get through, for all its streams together. @see draft-alvestrand-rmcat-remb-03 §2.2 */
export interface ReceiverEstimatedMaxBitrate {
  readonly type: 'remb'
  readonly senderSsrc: number
  /** Read: may be far over 2^53. Written with 18 significant bits, rounded down. */
  readonly bitrateBps: number
  /** The streams that are meant, at most 255. */
  readonly ssrcs: readonly number[]
}

/** "REMB" */
const IDENTIFIER = 0x52454d42

/** @returns undefined for application feedback of another kind */
export function readRemb(body: ByteReader): ReceiverEstimatedMaxBitrate | undefined {
  const senderSsrc = body.u32()
  body.skip(4)
  if (body.remaining < 4 || body.u32() !== IDENTIFIER) return undefined
  const count = body.u8()
  const rate = body.u24()
  const ssrcs: number[] = []
  for (let i = 0; i < count; i++) ssrcs.push(body.u32())
  return { type: 'remb', senderSsrc, bitrateBps: (rate & 0x3ffff) * 2 ** (rate >>> 18), ssrcs }
}

export function writeRemb(writer: ByteWriter, packet: ReceiverEstimatedMaxBitrate): void {
  let mantissa = Math.max(0, Math.floor(packet.bitrateBps))
  let exponent = 0
  for (; mantissa > 0x3ffff && exponent < 63; exponent++) mantissa = Math.floor(mantissa / 2)
  const ssrcs = packet.ssrcs.slice(0, 255)
  writer.u32(packet.senderSsrc).u32(0).u32(IDENTIFIER).u8(ssrcs.length)
  writer.u24((exponent << 18) | Math.min(mantissa, 0x3ffff))
  for (const ssrc of ssrcs) writer.u32(ssrc)
}
