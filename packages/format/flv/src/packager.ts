import type { FlvPayloads, Packager, StreamInfo } from '@millrace/media'

import { carriedTracks } from './carried.ts'
import { writeFlvHeader, writeFlvTag } from './tag.ts'

/** The kinds of tracks that the header announces. Players wait for what is announced. */
export interface FlvAnnounced {
  readonly audio: boolean
  readonly video: boolean
}

/**
 * FLV for players by HTTP and WebSocket: header with the flags of the real tracks, metadata, sequence headers, then a
 * tag for each frame.
 *
 * @param announced by the header, default the tracks there are
 */
export function createFlvPackager(payloads: FlvPayloads, announced?: FlvAnnounced): Packager {
  const headers = (info: StreamInfo, dtsMs: number): Uint8Array[] => {
    const metadata = payloads.metadata(info)
    const tags = payloads.sequenceHeaders(info).map(({ kind, body }) => writeFlvTag(kind, dtsMs, body))
    // stamped 0, as SRS does: FFmpeg takes metadata at any other time for a subtitle track
    return metadata ? [writeFlvTag('data', 0, metadata), ...tags] : tags
  }
  return {
    init(info, dtsMs) {
      const { video, audio } = carriedTracks(info.tracks)
      const real = { video: video !== undefined, audio: audio !== undefined }
      return [writeFlvHeader(announced ?? real), ...headers(info, dtsMs)]
    },
    update: headers,
    encode(frame) {
      const timed = payloads.body(frame)
      return timed ? [writeFlvTag(timed.kind, timed.timestampMs, timed.body)] : []
    },
  }
}
