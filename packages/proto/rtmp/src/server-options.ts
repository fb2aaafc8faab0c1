import { randomBytes } from 'node:crypto'

import type { AmfObject } from '@millrace/amf'

import type { BandwidthCheckOptions } from './bandwidth-check.ts'
import type { ChunkLimits } from './chunk-reader.ts'
import { DEFAULT_ENHANCED, type ConnectInfo, type EnhancedSupport } from './connect.ts'
import type { RandomBytes } from './server-handshake.ts'

/** Options of a server session; times have SRS's defaults. */
export interface RtmpServerOptions {
  /** Monotonic time of the connection's start. */
  nowMs: number
  /** Default `node:crypto`'s. */
  random?: RandomBytes
  /** Payload bytes per chunk that we send until `acceptPlay` says otherwise, default 60 000. */
  chunkSize?: number
  /** Bytes after which the client has to acknowledge, default 2 500 000. */
  windowBytes?: number
  /** From the connection's start to the first publish or play, default 30 s. */
  requestTimeoutMs?: number
  /** From the end of a publish or play to the next, default 180 s. */
  idleTimeoutMs?: number
  /** From the last bytes before a publish was accepted to its first message, default 20 s. */
  firstMediaTimeoutMs?: number
  /** Each window of this length must have a message of the publisher, default 5 s. */
  publishTimeoutMs?: number
  /** When given, players are pinged this often, and one that sends nothing for a whole interval is given up. */
  pingIntervalMs?: number | null
  /** Bytes of media that wait for the answer to `publish`, default 2 MiB. */
  maxHeldBytes?: number
  /** Longest message before a publish is asked for, default 64 KiB: commands are short. */
  maxCommandBytes?: number
  /** Bounds from then on. */
  limits?: ChunkLimits
  /** What to answer to clients of Enhanced RTMP. */
  enhanced?: EnhancedSupport
  /** What is different for a client, by what it tells of itself; default nothing. */
  onConnect?: (info: ConnectInfo) => ConnectPolicy
  /** Bytes sent that the operating system has not taken; a check of the bandwidth waits for it. Default none, ever. */
  unsentBytes?: () => number
}

/** How a client that connects is met. */
export interface ConnectPolicy {
  /** As in the options; 0 for not telling it. */
  readonly windowBytes?: number | undefined
  /** We acknowledge by this window until the client tells one, default 2 500 000. */
  readonly acknowledgeBytes?: number | undefined
  /** What the server tells of itself in the answer. */
  readonly data?: AmfObject | undefined
  /** It is refused, for this reason. */
  readonly rejection?: string | undefined
  /** It is here to have its bandwidth measured, and for nothing else. */
  readonly bandwidthCheck?: BandwidthCheckOptions | undefined
}

/** How long a publisher may be silent. */
export type PublishTimeouts = Required<Pick<RtmpServerOptions, 'firstMediaTimeoutMs' | 'publishTimeoutMs'>>

/** Options with their defaults. */
export type RtmpServerSettings = Required<RtmpServerOptions> & { limits: Required<ChunkLimits> }

const KIB = 1024

export function serverSettings(options: RtmpServerOptions): RtmpServerSettings {
  const maxMessageBytes = options.limits?.maxMessageBytes ?? 8 * KIB * KIB
  return {
    random: randomBytes,
    chunkSize: 60_000,
    windowBytes: 2_500_000,
    requestTimeoutMs: 30_000,
    idleTimeoutMs: 180_000,
    firstMediaTimeoutMs: 20_000,
    publishTimeoutMs: 5000,
    pingIntervalMs: null,
    maxHeldBytes: 2 * KIB * KIB,
    maxCommandBytes: 64 * KIB,
    enhanced: DEFAULT_ENHANCED,
    onConnect: () => ({}),
    unsentBytes: () => 0,
    ...options,
    limits: { maxPartialBytes: 2 * maxMessageBytes, maxChunkStreams: 64, ...options.limits, maxMessageBytes },
  }
}
