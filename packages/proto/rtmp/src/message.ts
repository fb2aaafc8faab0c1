/** Message type ids. @see Adobe RTMP 1.0 §5.4, §7.1 */
export const MESSAGE_TYPE = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAckSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  dataAmf0: 18,
  commandAmf0: 20,
  aggregate: 22,
} as const

/** Chunk streams we send on: one per kind, so that each kind's messages can be made apart from the others. */
export const CHUNK_STREAM = { control: 2, command: 3, data: 5, video: 6, audio: 7 } as const

/** The message stream that every `createStream` gets: a session has one stream at a time, as with SRS. */
export const STREAM_ID = 1

/** What a media message carries. */
export type MediaKind = 'audio' | 'video' | 'data'

/** One RTMP message, whole. */
export interface RtmpMessage {
  /** One of `MESSAGE_TYPE`, or anything else a peer sends. */
  readonly typeId: number
  /** 0 for the connection itself, else what `createStream` gave. */
  readonly streamId: number
  /** 32 bits, wraps after 49.7 days. */
  readonly timestampMs: number
  readonly payload: Uint8Array
}
