import { Amf0Reader, writeAmf0, type AmfValue } from '@millrace/amf'
import { ByteWriter } from '@millrace/bytes'
import { FormatError, ProtocolError } from '@millrace/core'

import { MESSAGE_TYPE, type RtmpMessage } from './message.ts'

/** A remote procedure call or its answer. @see Adobe RTMP 1.0 §7.2 */
export interface Command {
  readonly name: string
  /** Pairs a call with its `_result`; 0 when no answer is wanted. */
  readonly transactionId: number
  /** Command object and arguments, in that order. */
  readonly values: readonly AmfValue[]
}

const AMF0_STRING = 0x02

/**
 * The AMF0 part of an AMF3 command or data message: behind the byte that says which AMF it is, which some encoders
 * leave out.
 */
export function amf0Part({ typeId, payload }: RtmpMessage): Uint8Array {
  const amf3 = typeId === MESSAGE_TYPE.commandAmf3 || typeId === MESSAGE_TYPE.dataAmf3
  return amf3 && payload[0] !== AMF0_STRING ? payload.subarray(1) : payload
}

/** Reads a command message of either AMF. Throws ProtocolError `RTMP_COMMAND` if it isn't one. */
export function readCommand(message: RtmpMessage): Command {
  try {
    const reader = new Amf0Reader(amf0Part(message))
    const name = reader.read()
    if (typeof name !== 'string') throw new FormatError('AMF_MARKER', 'a command begins with its name')
    // some encoders send no transaction id with commands that want no answer
    const transactionId = reader.remaining > 0 ? reader.read() : 0
    const values: AmfValue[] = []
    while (reader.remaining > 0) values.push(reader.read())
    return { name, transactionId: typeof transactionId === 'number' ? transactionId : 0, values }
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new ProtocolError('RTMP_COMMAND', `unreadable command: ${cause.message}`, { cause })
  }
}

/** An AMF0 command message for stream `streamId`, 0 for the connection. */
export function writeCommand(
  streamId: number,
  name: string,
  transactionId: number,
  values: readonly AmfValue[],
): RtmpMessage {
  return amf0Message(MESSAGE_TYPE.commandAmf0, streamId, [name, transactionId, ...values])
}

/** A message whose payload is AMF0 values. */
export function amf0Message(typeId: number, streamId: number, values: readonly AmfValue[]): RtmpMessage {
  const out = new ByteWriter()
  for (const value of values) writeAmf0(out, value)
  return { typeId, streamId, timestampMs: 0, payload: out.finish() }
}
