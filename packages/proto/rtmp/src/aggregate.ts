import { ByteReader } from '@millrace/bytes'

import { MESSAGE_TYPE, type RtmpMessage } from './message.ts'

/**
 * The messages inside an aggregate message, in order; what is cut short at its end is left out. Their payloads share its
 * memory. Timestamps are moved so that the first is the aggregate's own.
 *
 * Each is an FLV tag: type 1, size 3, timestamp 3 + 1 (the high byte comes last), stream id 3, payload, back pointer 4.
 *
 * @see Adobe RTMP 1.0 §7.1.6
 */
export function* splitAggregate(message: RtmpMessage): Generator<RtmpMessage> {
  const input = new ByteReader(message.payload)
  let shiftMs: number | undefined
  while (input.remaining >= 11) {
    const typeId = input.u8()
    const length = input.u24()
    const timestampMs = input.u24() + input.u8() * 0x1000000
    input.skip(3)
    if (length > input.remaining) return
    const payload = input.bytes(length)
    input.skip(Math.min(4, input.remaining))
    shiftMs ??= message.timestampMs - timestampMs
    // an aggregate inside an aggregate, or a command, would be somebody's attack
    if (typeId === MESSAGE_TYPE.audio || typeId === MESSAGE_TYPE.video || typeId === MESSAGE_TYPE.dataAmf0) {
      yield { typeId, streamId: message.streamId, timestampMs: (timestampMs + shiftMs) >>> 0, payload }
    }
  }
}
