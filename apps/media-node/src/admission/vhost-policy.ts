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
}

/** The policy of a vhost, by the name that streams are under. Asked anew each time, as it may change. */
export type VhostPolicies = (vhost: string) => VhostPolicy
