import { DEFAULT_VHOST_NAME, type ServerConfig, type VhostConfig } from '@millrace/config'

import { securityCheck } from '../admission/security-rules.ts'
import type { VhostPolicy } from '../admission/vhost-policy.ts'

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

  /** How streams of a vhost are handled. One that is no more keeps nothing for those who come. */
  policy(name: string): VhostPolicy {
    return this.#byName.get(name)?.policy ?? GONE
  }

  /** Takes another file; it counts from the next question on. */
  update(config: ServerConfig): void {
    this.#server = config
    this.#byName = new Map(
      config.vhost.map((vhost) => [
        vhost.name,
        { config: vhost, policy: policyOf(vhost, config), security: securityCheck(vhost.security) },
      ]),
    )
  }
}

const GONE: VhostPolicy = { hub: {}, publish: {}, playChunkBytes: 60_000, hls: undefined }

function policyOf(vhost: VhostConfig, { chunk_size: chunkBytes }: ServerConfig): VhostPolicy {
  const { play, publish, hls, min_latency: minLatency } = vhost
  return {
    hub: {
      gopCache: play.gop_cache,
      flushMs: minLatency ? 0 : play.mw_latency,
      maxLagMs: play.queue_length * 1000,
    },
    publish: { firstMediaTimeoutMs: publish.firstpkt_timeout, publishTimeoutMs: publish.normal_timeout },
    playChunkBytes: vhost.chunk_size ?? chunkBytes,
    hls: hls.enabled
      ? { segmentMs: Math.round(hls.hls_fragment * 1000), windowMs: Math.round(hls.hls_window * 1000) }
      : undefined,
  }
}
