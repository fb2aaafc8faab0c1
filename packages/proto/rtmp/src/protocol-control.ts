import { ByteWriter } from '@millrace/bytes'

import { MESSAGE_TYPE, type RtmpMessage } from './message.ts'

/** How a peer is to take a bandwidth limit: at once, at most, or as the last kind. @see Adobe RTMP 1.0 §5.4.5 */
export const PEER_LIMIT = { hard: 0, soft: 1, dynamic: 2 } as const

/** SetChunkSize: how much payload our next chunks carry. @see Adobe RTMP 1.0 §5.4.1 */
export function setChunkSize(chunkSize: number): RtmpMessage {
  return control(MESSAGE_TYPE.setChunkSize, new ByteWriter(4).u32(chunkSize))
}

/** Acknowledgement: bytes received so far, 32 bits. @see Adobe RTMP 1.0 §5.4.3 */
export function acknowledgement(receivedBytes: number): RtmpMessage {
  return control(MESSAGE_TYPE.acknowledgement, new ByteWriter(4).u32(receivedBytes))
}

/** WindowAckSize: bytes after which the peer has to acknowledge. @see Adobe RTMP 1.0 §5.4.4 */
export function windowAckSize(windowBytes: number): RtmpMessage {
  return control(MESSAGE_TYPE.windowAckSize, new ByteWriter(4).u32(windowBytes))
}

/** SetPeerBandwidth. @see Adobe RTMP 1.0 §5.4.5 */
export function setPeerBandwidth(windowBytes: number, limit: number): RtmpMessage {
  return control(MESSAGE_TYPE.setPeerBandwidth, new ByteWriter(5).u32(windowBytes).u8(limit))
}

/** The number in an Acknowledgement, WindowAckSize or SetPeerBandwidth; null if it is cut short. */
export function readControlNumber({ payload }: RtmpMessage): number | null {
  if (payload.length < 4) return null
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0)
}

function control(typeId: number, payload: ByteWriter): RtmpMessage {
  return { typeId, streamId: 0, timestampMs: 0, payload: payload.finish() }
}
