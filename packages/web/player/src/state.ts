import type { EngineName } from './engine-names.ts'

/** Why an engine gave up. */
export type Failure =
  /** Nothing is published there (HTTP 404), or not yet. */
  | { reason: 'not-found' }
  /** The server refused (HTTP 401 or 403). */
  | { reason: 'forbidden' }
  /** The connection failed or broke. */
  | { reason: 'network' }
  /** Signalling worked, but no media connection came about; `port` of the server, if it told one. */
  | { reason: 'ice'; port: number | undefined }
  /** Media stopped coming although the connection is open. */
  | { reason: 'stalled' }
  /** The browser can't decode `codec` (RFC 6381 string, empty when unknown). */
  | { reason: 'codec'; codec: string }
  /** The bytes could not be parsed or decoded. */
  | { reason: 'media' }
  /** The browser lacks what the engine is made of: Media Source Extensions or WebRTC. */
  | { reason: 'unsupported' }

/** Where a player is; `live-state` events carry it. */
export type PlayerState =
  | { type: 'idle' }
  | { type: 'connecting' }
  | { type: 'playing' }
  /** Playing, but out of media for the moment. */
  | { type: 'buffering' }
  /** By the user; `released` once the connection has been given up. */
  | { type: 'paused'; released: boolean }
  /** The browser wants a gesture before it plays. */
  | { type: 'blocked' }
  /** Nothing is published; asks again by itself. `ended`: there was something before. */
  | { type: 'waiting'; ended: boolean }
  /** Interrupted; tries again by itself. `attempt` counts from 1. */
  | { type: 'reconnecting'; attempt: number; failure: Failure }
  /** Trying again would not help. */
  | { type: 'failed'; failure: Failure }

/** What a transport that measures says, of the last second unless it is a count. `null` is not known. */
export interface NetworkStats {
  rttMs: number | null
  /** Lost packets of those sent, 0 to 1. */
  lossRatio: number | null
  jitterMs: number | null
  /** How long media wait in the jitter buffer. */
  jitterBufferMs: number | null
  /** Packets asked for again, since the connection began. */
  nacks: number
  /** Times the picture stood still, since the connection began. */
  freezes: number
  /** `UDP` or `TCP`, with `relayed` through a TURN server. */
  path: string | null
}

/** What only the engine can know; each field is absent until known. */
export interface EngineStats {
  /** Time between the live edge and what is shown. */
  delayMs?: number
  /** Media rate as received, audio and video together. */
  bitrateBps?: number
  /** RFC 6381 codec strings. */
  videoCodec?: string
  audioCodec?: string
  /** Of engines whose transport tells. */
  network?: NetworkStats
}

/** A measurement, once a second; `live-stats` events carry it. `null` is not known. */
export interface PlayerStats {
  engine: EngineName
  state: PlayerState['type']
  /** Frames since the element began this attempt. */
  decodedFrames: number
  droppedFrames: number
  /** Decoded frames over the last second. */
  frameRate: number | null
  /** Time between the live edge and what is shown. */
  delayMs: number | null
  bitrateBps: number | null
  /** Pixels; 0 without video. */
  width: number
  height: number
  /** RFC 6381 codec strings. */
  videoCodec: string | null
  audioCodec: string | null
  /** Null for engines whose transport doesn't tell. */
  network: NetworkStats | null
}
