import { Amf0Reader, amfToMetadata, type AmfValue } from '@millrace/amf'
import { FormatError } from '@millrace/core'
import type { Metadata } from '@millrace/media'

import { amf0Message, amf0Part } from './command.ts'
import { MESSAGE_TYPE, type RtmpMessage } from './message.ts'

/** A data message as players get it. */
export interface DataMessage {
  /** `onMetaData`, `onTextData`, `onCuePoint` … */
  readonly name: string
  /** Name and values in AMF0, without a leading `@setDataFrame`. Shares the message's memory. */
  readonly payload: Uint8Array
  /** The value behind the name if the name is `onMetaData` and it has members, else null. */
  readonly metadata: Metadata | null
}

/**
 * Reads a publisher's data message of either AMF. Throws FormatError, as `Amf0Reader` does, if it is unreadable, or
 * `RTMP_DATA` if it has no name.
 *
 * @see Adobe RTMP 1.0 §7.1.2
 */
export function readData(message: RtmpMessage): DataMessage {
  const bytes = amf0Part(message)
  const reader = new Amf0Reader(bytes)
  let name = reader.read()
  let from = 0
  if (name === '@setDataFrame') {
    from = reader.offset
    name = reader.read()
  }
  if (typeof name !== 'string') throw new FormatError('RTMP_DATA', 'a data message begins with its name')
  const metadata = name === 'onMetaData' && reader.remaining > 0 ? amfToMetadata(reader.read()) : null
  return { name, payload: bytes.subarray(from), metadata }
}

/** An AMF0 data message. */
export function writeData(streamId: number, values: readonly AmfValue[]): RtmpMessage {
  return amf0Message(MESSAGE_TYPE.dataAmf0, streamId, values)
}
