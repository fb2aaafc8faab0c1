import type { Metadata } from '@millrace/media'

import type { BandwidthEvent } from './bandwidth-check.ts'
import type { ConnectInfo } from './connect.ts'
import type { MediaKind } from './message.ts'
import type { RtmpTarget } from './url.ts'

/** Who wants what: `tcUrl`, stream and parameters taken apart, and what the client told about itself. */
export type RtmpRequest = Omit<ConnectInfo, 'app'> & RtmpTarget

/** A client wants to publish. */
export interface RtmpPublishRequest extends RtmpRequest {
  readonly type: 'publish'
  /** `live`, `record` or `append`, as the client named it. */
  readonly publishType: string
  readonly manner: PublishManner
}

/**
 * How the client came to publish: Flash names the stream in `publish` alone, FMLE, OBS and FFmpeg in `FCPublish` before
 * `createStream`, encoders of Haivision after it.
 */
export type PublishManner = 'flash' | 'fmle' | 'haivision'

/** A client wants to play. */
export interface RtmpPlayRequest extends RtmpRequest {
  readonly type: 'play'
  /** -2 live or recorded, -1 live only, else from where; as the client named it. */
  readonly start: number
  /** Media time after which the owner ends the play, null for no end. */
  readonly durationMs: number | null
}

/** What a server session tells its owner. */
export type RtmpServerEvent =
  /** To be answered with `acceptPublish` or `reject`. Media of an eager client waits inside until then. */
  | { type: 'publish'; request: RtmpPublishRequest }
  /** To be answered with `acceptPlay` or `reject`; a stream that nobody publishes yet is accepted too, and waits. */
  | { type: 'play'; request: RtmpPlayRequest }
  /**
   * One FLV tag body, or for `data` the AMF0 values of a data message that is not `onMetaData`. The timestamp has 32 bits
   * and wraps. The payload may share memory with what `receive` got, and is never written to.
   */
  | { type: 'media'; kind: MediaKind; timestampMs: number; payload: Uint8Array }
  /** `onMetaData`: decoded, and as AMF0 values for players. */
  | { type: 'metadata'; metadata: Metadata; timestampMs: number; payload: Uint8Array }
  /** The publish is over, or was withdrawn before it was answered; another request may follow. */
  | { type: 'unpublish' }
  /** The play is over, or was withdrawn before it was answered; another request may follow. */
  | { type: 'stop-play' }
  /** The player stops or goes on; it was answered. */
  | { type: 'pause'; paused: boolean }
  /** The player wants, or no longer wants, a kind of media. */
  | { type: 'receive'; kind: 'audio' | 'video'; enabled: boolean }
  | BandwidthEvent

/** Why a request is refused, in words that encoders show. */
export interface RtmpRejection {
  /** For example `NetStream.Publish.BadName`, `NetStream.Publish.Denied`, `NetStream.Play.StreamNotFound`. */
  readonly code: string
  readonly description: string
}
