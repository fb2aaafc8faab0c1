import { ByteReader, ByteWriter } from '@millrace/bytes'

import { MESSAGE_TYPE, type RtmpMessage } from './message.ts'

/** User control events. @see Adobe RTMP 1.0 §7.1.7 */
export const USER_CONTROL = {
  streamBegin: 0,
  streamEof: 1,
  streamDry: 2,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
} as const

/** A user control message: `value` is a stream id, or the time of a ping. */
export interface UserControl {
  readonly event: number
  readonly value: number
}

/** @see Adobe RTMP 1.0 §6.2 */
export function userControl(event: number, value: number): RtmpMessage {
  const payload = new ByteWriter(6).u16(event).u32(value).finish()
  return { typeId: MESSAGE_TYPE.userControl, streamId: 0, timestampMs: 0, payload }
}

/** SetBufferLength: how much a player buffers. @see Adobe RTMP 1.0 §7.1.7 */
export function setBufferLength(streamId: number, bufferMs: number): RtmpMessage {
  const payload = new ByteWriter(10).u16(USER_CONTROL.setBufferLength).u32(streamId).u32(bufferMs).finish()
  return { typeId: MESSAGE_TYPE.userControl, streamId: 0, timestampMs: 0, payload }
}

/** Null if it is cut short. */
export function readUserControl({ payload }: RtmpMessage): UserControl | null {
  if (payload.length < 6) return null
  const input = new ByteReader(payload)
  return { event: input.u16(), value: input.u32() }
}
