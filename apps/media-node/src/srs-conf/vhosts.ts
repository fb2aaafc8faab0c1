import { DEFAULT_VHOST_NAME, type ServerConfig, type VhostConfig } from '@millrace/config'

import { securityCheck } from '../admission/security-rules.ts'
import type { RtcPolicy, VhostPolicy } from '../admission/vhost-policy.ts'
import type { FileMount } from '../io/file-mounts.ts'
import type { TargetOf } from '../players/http-stream.ts'
import type { PlayTimes } from '../players/play-times.ts'
import { dashOptions } from './dash-options.ts'
import { fileMounts } from './file-mounts.ts'
import { hdsOptions } from './hds-options.ts'
import { hlsOptions } from './hls-options.ts'
import { streamMounts } from './stream-mounts.ts'

/** A vhost of the file, with what follows from it. */
export interface Vhost {
  readonly config: VhostConfig
  readonly policy: VhostPolicy
  readonly security: ReturnType<typeof securityCheck>
}

/** The vhosts of the file as it was read last. */
export class Vhosts {
  #byName = new Map<string, Vhost>()
  #server: ServerConfig
  #fileMounts: readonly FileMount[] = []
  #targetOf: TargetOf = () => undefined

  constructor(config: ServerConfig) {
    this.#server = config
    this.update(config)
  }

  /** The whole file. */
  get server(): ServerConfig {
    return this.#server
  }

  /** What clients of a name get: that vhost, else the default one; undefined without either. */
  find(name: string): Vhost | undefined {
    return this.#byName.get(name) ?? this.#byName.get(DEFAULT_VHOST_NAME)
  }

  /** The vhost of that very name, in which streams are; undefined for one that is no more. */
  exact(name: string): Vhost | undefined {
    return this.#byName.get(name)
  }

  /** How streams of a vhost are handled. One that is no more keeps nothing for those who come. */
  policy(name: string): VhostPolicy {
    return this.#byName.get(name)?.policy ?? GONE
  }

  /** Folders of files that vhosts have of their own. */
  get fileMounts(): readonly FileMount[] {
    return this.#fileMounts
  }

  /** The streams that HTTP paths name. */
  get targetOf(): TargetOf {
    return this.#targetOf
  }

  /** Takes another file; it counts from the next question on. */
  update(config: ServerConfig): void {
    this.#server = config
    this.#fileMounts = fileMounts(config.vhost)
    this.#targetOf = streamMounts(config.vhost)
    this.#byName = new Map(
      config.vhost.map((vhost) => [
        vhost.name,
        { config: vhost, policy: policyOf(vhost, config), security: securityCheck(vhost.security) },
      ]),
    )
  }
}

const GONE: VhostPolicy = {
  hub: {},
  publish: {},
  playTimes: 'stream',
  flvAnnounced: undefined,
  playChunkBytes: 60_000,
  hls: undefined,
  hlsFiles: undefined,
  dashFiles: undefined,
  hdsFiles: undefined,
  rtc: undefined,
}

/** `atc` is stronger than the jitter, as in SRS. */
function playTimes({ atc, atc_auto: asTold, time_jitter: jitter }: VhostConfig['play']): PlayTimes {
  if (atc || jitter === 'off') return 'published'
  return asTold ? 'as-told' : 'stream'
}

function flvAnnounced(remux: VhostConfig['http_remux']): VhostPolicy['flvAnnounced'] {
  const { guess_has_av: guess, has_audio: audio, has_video: video, drop_if_not_match: dropsOthers } = remux
  return guess ? undefined : { audio, video, dropsOthers }
}

function policyOf(vhost: VhostConfig, server: ServerConfig): VhostPolicy {
  const { chunk_size: chunkBytes, utc_time: utc } = server
  const { play, publish, http_remux: remux, min_latency: minLatency } = vhost
  return {
    hub: {
      gopCache: play.gop_cache,
      flushMs: minLatency ? 0 : play.mw_latency,
      minFlushFrames: minLatency ? 0 : play.mw_msgs,
      sendIntervalMs: play.send_min_interval,
      maxGopFrames: play.gop_cache_max_frames,
      soundCacheMs: remux.enabled ? remux.fast_cache * 1000 : 0,
      maxLagMs: play.queue_length * 1000,
      mixCorrect: play.mix_correct,
      reduceHeaders: play.reduce_sequence_header,
    },
    publish: { firstMediaTimeoutMs: publish.firstpkt_timeout, publishTimeoutMs: publish.normal_timeout },
    playTimes: playTimes(play),
    flvAnnounced: flvAnnounced(remux),
    playChunkBytes: vhost.chunk_size ?? chunkBytes,
    hls: undefined,
    hlsFiles: hlsOptions(vhost, utc),
    dashFiles: dashOptions(vhost),
    hdsFiles: hdsOptions(vhost),
    rtc: server.rtc_server.enabled && vhost.rtc.enabled ? rtcPolicy(vhost.rtc) : undefined,
  }
}

function rtcPolicy(rtc: VhostConfig['rtc']): RtcPolicy {
  return {
    stunTimeoutMs: rtc.stun_timeout * 1000,
    nack: rtc.nack,
    transportCc: rtc.twcc,
    dtlsRole: rtc.dtls_role,
    dropPayloadType: rtc.drop_for_pt === 0 ? undefined : rtc.drop_for_pt,
    bridges: {
      toPackets: rtc.rtmp_to_rtc,
      toFrames: rtc.rtc_to_rtmp,
      keepBFrames: rtc.keep_bframe,
      keyFrameIntervalMs: rtc.pli_for_rtmp * 1000,
      opusBps: rtc.opus_bitrate,
      aacBps: rtc.aac_bitrate,
    },
  }
}
