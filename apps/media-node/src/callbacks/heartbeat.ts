import type { ServerConfig } from '@millrace/config'
import { errorCode, errorMessage, type Logger } from '@millrace/core'
import type { Scheduler } from '@millrace/hub'

import { call } from './call.ts'
import { localAddress } from './local-address.ts'

export interface HeartbeatDeps {
  /** The file as it was read last. */
  readonly config: () => Pick<ServerConfig, 'heartbeat' | 'stats' | 'listen' | 'http_server' | 'http_api'>
  /** `data` of `/api/v1/summaries`. */
  readonly summaries: () => object
  readonly scheduler: Scheduler
  readonly logger: Logger
}

const TIMEOUT_MS = 30_000

/**
 * Tells a server again and again that the node lives. Whether, and how often, counts from the start on; all else is as the file
 * says at the moment.
 *
 * @see SRS 4 `full.conf`, "heartbeat"
 */
export class Heartbeat {
  readonly #deps: HeartbeatDeps
  readonly #closing = new AbortController()
  #cancel: (() => void) | undefined

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps
    const { enabled, interval } = deps.config().heartbeat
    if (enabled) this.#arm(interval * 1000)
  }

  close(): void {
    this.#cancel?.()
    this.#closing.abort()
  }

  #arm(intervalMs: number): void {
    this.#cancel = this.#deps.scheduler.after(intervalMs, () => {
      this.#arm(intervalMs)
      void this.#beat()
    })
  }

  async #beat(): Promise<void> {
    const { config, logger } = this.#deps
    const { url } = config().heartbeat
    try {
      const body = JSON.stringify(this.#body())
      const { status } = await call(url, { body, timeoutMs: TIMEOUT_MS, verify: false, signal: this.#closing.signal })
      if (status !== 200) logger.warn({ url, status }, 'the heartbeat was refused')
    } catch (error) {
      if (this.#closing.signal.aborted) return
      logger.warn({ url, code: errorCode(error), reason: errorMessage(error) }, 'the heartbeat failed')
    }
  }

  #body(): object {
    const { config, summaries } = this.#deps
    const { heartbeat, stats, listen, http_server: http, http_api: api } = config()
    const text = ({ host = '', port }: { host?: string | undefined; port: number }): string =>
      host === '' ? String(port) : `${host}:${port}`
    return {
      device_id: heartbeat.device_id,
      ip: localAddress(stats.network),
      ...(heartbeat.summaries && { summaries: { data: summaries() } }),
      ...(heartbeat.ports && {
        rtmp: listen.map(text),
        ...(http.enabled && { http: [text(http.listen)] }),
        ...(api.enabled && { api: [text(api.listen)] }),
      }),
    }
  }
}
