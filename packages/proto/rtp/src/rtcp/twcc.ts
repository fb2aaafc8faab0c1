import type { ByteReader, ByteWriter } from '@millrace/bytes'
import { InvariantError, ProtocolError } from '@millrace/core'

import { readChunks, SYMBOL, writeChunks } from './twcc-chunks.ts'

/** When each packet of a transport arrived, whatever its stream. @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1 */
export interface TransportFeedback {
  readonly type: 'twcc'
  readonly senderSsrc: number
  readonly mediaSsrc: number
  /** Transport-wide sequence number of the first of `arrivals`, 16 bits. */
  readonly baseSequence: number
  /** Time that `arrivals` count from, by the receiver's clock: 24 bits, in 64 ms. */
  readonly referenceTime: number
  /** Counts the feedback packets, 8 bits. */
  readonly feedbackCount: number
  /** For each packet from `baseSequence` on, µs since `referenceTime` in steps of 250; null for one that did not arrive. */
  readonly arrivals: readonly (number | null)[]
}

/** Of a unit of `arrivals`. */
export const TWCC_TICK_US = 250
/** Of a unit of `referenceTime`. */
export const TWCC_REFERENCE_US = 64_000

/** Throws ProtocolError `RTCP_TWCC` for more than `maxStatuses` packets, and for chunks that do not fit them. */
export function readTransportFeedback(body: ByteReader, maxStatuses: number): TransportFeedback {
  const senderSsrc = body.u32()
  const mediaSsrc = body.u32()
  const baseSequence = body.u16()
  const count = body.u16()
  if (count > maxStatuses) throw new ProtocolError('RTCP_TWCC', `feedback on ${count} packets, over ${maxStatuses}`)
  const referenceTime = body.u24()
  const feedbackCount = body.u8()
  const symbols = readChunks(body, count)
  let ticks = 0
  const arrivals: (number | null)[] = []
  for (const symbol of symbols) {
    if (symbol === SYMBOL.missing) {
      arrivals.push(null)
      continue
    }
    ticks += symbol === SYMBOL.small ? body.u8() : body.i16()
    arrivals.push(ticks * TWCC_TICK_US)
  }
  return { type: 'twcc', senderSsrc, mediaSsrc, baseSequence, referenceTime, feedbackCount, arrivals }
}

/** Throws InvariantError `RTCP_TWCC` when an arrival is over 8.19 s from the one before it. */
export function writeTransportFeedback(writer: ByteWriter, packet: TransportFeedback): void {
  const symbols = new Uint8Array(packet.arrivals.length)
  const deltas: number[] = []
  let last = 0
  for (const [i, arrivalUs] of packet.arrivals.entries()) {
    if (arrivalUs === null) continue
    const ticks = Math.round(arrivalUs / TWCC_TICK_US)
    const delta = ticks - last
    if (delta < -32_768 || delta > 32_767)
      throw new InvariantError('RTCP_TWCC', `an arrival ${delta} ticks after another`)
    symbols[i] = delta >= 0 && delta <= 255 ? SYMBOL.small : SYMBOL.large
    deltas.push(delta)
    last = ticks
  }
  writer.u32(packet.senderSsrc).u32(packet.mediaSsrc).u16(packet.baseSequence).u16(symbols.length)
  writer.u24(packet.referenceTime).u8(packet.feedbackCount)
  writeChunks(writer, symbols)
  for (const delta of deltas) {
    if (delta >= 0 && delta <= 255) writer.u8(delta)
    else writer.u16(delta)
  }
  while (writer.length % 4 !== 0) writer.u8(0)
}
