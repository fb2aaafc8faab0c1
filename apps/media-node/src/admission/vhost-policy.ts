import type { HubOptions } from '@millrace/hub'
import type { PublishTimeouts } from '@millrace/rtmp'

import type { DashFilesOptions } from '../outputs/dash-files/options.ts'
import type { HdsFilesOptions } from '../outputs/hds-files/options.ts'
import type { HlsFilesOptions } from '../outputs/hls-files/options.ts'
import type { Kinds } from '../players/only-kinds.ts'
import type { PlayTimes } from '../players/play-times.ts'

/** What a vhost says of its streams: how they are taken in, kept and handed out. */
export interface VhostPolicy {
  /** Delivery, of streams that are made from now on. */
  readonly hub: Partial<
    Pick<
      HubOptions,
      | 'flushMs'
      | 'minFlushFrames'
      | 'sendIntervalMs'
      | 'gopCache'
      | 'maxGopFrames'
      | 'soundCacheMs'
      | 'maxLagMs'
      | 'mixCorrect'
      | 'reduceHeaders'
    >
  >
  /** How long RTMP publishers may be silent. */
  readonly publish: Partial<PublishTimeouts>
  /** What times players of RTMP and FLV get. */
  readonly playTimes: PlayTimes
  /** What the header of FLV by HTTP announces, whatever tracks there are; undefined for what there is. */
  readonly flvAnnounced: (Kinds & { readonly dropsOthers: boolean }) | undefined
  /** Payload bytes per RTMP chunk to players. */
  readonly playChunkBytes: number
  /** HLS in memory, of streams that are made from now on; undefined for none. */
  readonly hls: { readonly segmentMs: number; readonly windowMs: number } | undefined
  /** HLS in files, from the next publication on; undefined for none. */
  readonly hlsFiles: HlsFilesOptions | undefined
  /** DASH in files, from the next publication on; undefined for none. */
  readonly dashFiles: DashFilesOptions | undefined
  /** HDS in files, from the next publication on; undefined for none. */
  readonly hdsFiles: HdsFilesOptions | undefined
  /** WebRTC, of sessions that begin from now on; undefined for none. */
  readonly rtc: RtcPolicy | undefined
}

/** What a vhost says of WebRTC. */
export interface RtcPolicy {
  /** Time without a sign of life after which a peer is gone. */
  readonly stunTimeoutMs: number
  /** Whether packets that are lost are asked for and sent again. */
  readonly nack: boolean
  /** Whether publishers are told when each packet has arrived. */
  readonly transportCc: boolean
  /** Our part in DTLS, where a peer leaves it to us. */
  readonly dtlsRole: 'active' | 'passive'
  /** Payload type whose packets are taken for lost, to try that out; undefined for none. */
  readonly dropPayloadType: number | undefined
  readonly bridges: BridgePolicy
}

/** How WebRTC and what is made of frames are bridged. */
export interface BridgePolicy {
  /** Whether publishers by other protocols can be played by WebRTC. */
  readonly toPackets: boolean
  /** Whether publishers by WebRTC can be played by other protocols. */
  readonly toFrames: boolean
  /** Whether B-frames, which no browser takes, are passed on all the same. */
  readonly keepBFrames: boolean
  /** How often a publisher is asked for a key frame while its stream is played by other protocols. */
  readonly keyFrameIntervalMs: number
  /** Of the sound for WebRTC, in bits per second. */
  readonly opusBps: number
  /** Of the sound for other protocols, in bits per second. */
  readonly aacBps: number
}

/** Where nothing is said. */
export const DEFAULT_RTC_POLICY: RtcPolicy = {
  stunTimeoutMs: 30_000,
  nack: true,
  transportCc: true,
  dtlsRole: 'passive',
  dropPayloadType: undefined,
  bridges: {
    toPackets: true,
    toFrames: true,
    keepBFrames: false,
    keyFrameIntervalMs: 6000,
    opusBps: 96_000,
    aacBps: 128_000,
  },
}

/** The policy of a vhost, by the name that streams are under. Asked anew each time, as it may change. */
export type VhostPolicies = (vhost: string) => VhostPolicy
