import type { FlvPayloads, Frame, Packager, StreamInfo } from '@millrace/media'

import { encodeMessage } from './chunk-writer.ts'
import { CHUNK_STREAM, MESSAGE_TYPE, STREAM_ID, type MediaKind } from './message.ts'

/** Options of an RTMP packager. */
export interface RtmpPackagerOptions {
  /** Payload bytes per chunk: what every player served by it was told. */
  chunkSize: number
  /** Makes the message payloads. */
  payloads: FlvPayloads
  /** Default 1, what a server session gives to every player. */
  messageStreamId?: number
}

const TYPES = { audio: MESSAGE_TYPE.audio, video: MESSAGE_TYPE.video, data: MESSAGE_TYPE.dataAmf0 } as const

/**
 * Makes RTMP messages of media, one buffer per message. Each begins with a whole header on its kind's chunk stream, so the
 * same bytes serve every player that was told the same chunk size, whenever it joined.
 */
export function createRtmpPackager({
  chunkSize,
  payloads,
  messageStreamId = STREAM_ID,
}: RtmpPackagerOptions): Packager {
  const message = (kind: MediaKind, timestampMs: number, payload: Uint8Array): Uint8Array =>
    encodeMessage(
      { typeId: TYPES[kind], streamId: messageStreamId, timestampMs, payload },
      CHUNK_STREAM[kind],
      chunkSize,
    )

  const configure = (info: StreamInfo, dtsMs: number): Uint8Array[] => {
    const metadata = payloads.metadata(info)
    const headers = payloads.sequenceHeaders(info).map(({ kind, body }) => message(kind, dtsMs, body))
    // stamped 0, as SRS does: FFmpeg takes metadata at any other time for a subtitle track
    return metadata ? [message('data', 0, metadata), ...headers] : headers
  }

  return {
    init: configure,
    update: configure,
    encode(frame: Frame) {
      const tag = payloads.body(frame)
      return tag && tag.body.length > 0 ? [message(tag.kind, tag.timestampMs, tag.body)] : []
    },
  }
}
