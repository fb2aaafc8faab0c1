import { randomUUID } from 'node:crypto'
import http from 'node:http'
import type net from 'node:net'

import { errorMessage, type Logger, type Scope } from '@millrace/core'
import type { Hub } from '@millrace/hub'

import type { Admission } from './admission/admission.ts'
import type { VhostPolicies } from './admission/vhost-policy.ts'
import type { Broadcasts } from './broadcast/broadcasts.ts'
import { createStaticFiles } from './gateways/files/static-files.ts'
import { createHls } from './gateways/hls/hls.ts'
import { createHttpFlv, createWsFlv } from './gateways/http-flv/http-flv.ts'
import { createHttpTs } from './gateways/http-ts/http-ts.ts'
import { createRelay, type RelayDeps } from './gateways/relay/relay.ts'
import { createRtmpServer } from './gateways/rtmp/server.ts'
import { createWebPages, preflight } from './gateways/web/web.ts'
import { bearerOnly } from './io/bearer.ts'
import { readCertificate } from './io/certificate.ts'
import { createHttpServer } from './io/http.ts'
import { closerOf, listen, type Endpoint } from './io/listen.ts'
import type { HlsOutputs } from './outputs/hls/hls-outputs.ts'
import type { Players } from './players/players.ts'
import type { SegmentViewers } from './players/segment-viewers.ts'
import type { Settings } from './settings.ts'
import { createSrsApi } from './srs-api/streams.ts'
import type { NodeMetrics } from './stats/node-metrics.ts'
import type { NodeStats } from './stats/node-stats.ts'

/** Ports the node listens on; 0 where it does not. */
export interface NodePorts {
  /** The first of them. */
  rtmp: number
  rtmps?: number
  http: number
  api: number
}

export interface GatewayDeps {
  hub: Hub
  admission: Admission
  policyOf: VhostPolicies
  broadcasts: Broadcasts
  players: Players
  viewers: SegmentViewers
  hls: HlsOutputs
  stats: NodeStats
  metrics: NodeMetrics
  logger: Logger
  relayed: RelayDeps['relayed']
  relayKey: RelayDeps['relayKey']
  version: string
}

/** How often connections without a request are closed while the node waits for the others. */
const IDLE_CHECK_MS = 1000

/** Everything that the node listens with. */
export class Listeners {
  readonly #servers: net.Server[] = []
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Opens the listeners that the settings name, and writes the ports they have got. */
  async open(deps: GatewayDeps, settings: Settings, ports: NodePorts): Promise<void> {
    await this.#openHttp(deps, settings, ports)
    for (const [i, endpoint] of settings.rtmp.entries()) {
      const port = await this.#listen(createRtmpServer(deps, settings), endpoint, 'RTMP')
      if (i === 0) ports.rtmp = port
    }
    const { rtmps } = settings
    if (!rtmps) return
    const secure = createRtmpServer(deps, { ...settings, tls: await readCertificate(rtmps) })
    ports.rtmps = await this.#listen(secure, rtmps, 'RTMPS')
  }

  /** Most connections at once, at each listener, from now on. */
  limit(maxConnections: number): void {
    for (const server of this.#servers) server.maxConnections = maxConnections
  }

  /** Listens no more; resolves when the connections that there are have ended. */
  async drain(): Promise<void> {
    // a player that asks again and again over one connection would never leave
    const timer = setInterval(() => this.#closeIdle(), IDLE_CHECK_MS).unref()
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))))
    clearInterval(timer)
  }

  #closeIdle(): void {
    for (const server of this.#servers) if (server instanceof http.Server) server.closeIdleConnections()
  }

  async #openHttp(deps: GatewayDeps, settings: Settings, ports: NodePorts): Promise<void> {
    const { logger, hub, stats, metrics, version } = deps
    const { http: media, api, metricsToken, maxConnections, serverId = `vid-${randomUUID().slice(0, 8)}` } = settings
    const srsApi = createSrsApi({ hub, stats, rtmpPort: () => ports.rtmp, serverId, version })
    const onError = (error: unknown): void => logger.error({ error: errorMessage(error) }, 'HTTP handler failed')
    const common = { maxConnections, onError }
    const guarded = [...(metricsToken === undefined ? [] : [bearerOnly(metricsToken)]), srsApi]
    const { filesDir } = settings
    // a file that is there comes before a stream of that name
    const files = filesDir === undefined ? [] : [createStaticFiles(filesDir)]
    const served = [...files, createRelay(deps), createHttpFlv(deps), createHls(deps), ...createHttpTs(deps), ...guarded]
    // both at one address are one server
    const shared = media && api && media.port !== 0 && media.host === api.host && media.port === api.port
    if (media) {
      const handlers = [...served, ...(shared ? [metrics.handler] : []), createWebPages(), preflight]
      const server = createHttpServer({ ...common, handlers, upgrades: [createWsFlv(deps)] })
      ports.http = await this.#listen(server, media, 'HTTP')
    }
    if (shared) ports.api = ports.http
    else if (api) {
      const server = createHttpServer({ ...common, handlers: [...guarded, metrics.handler, preflight] })
      ports.api = await this.#listen(server, api, 'node API')
    }
  }

  async #listen(server: net.Server, endpoint: Endpoint, what: string): Promise<number> {
    this.#scope.defer(closerOf(server))
    this.#servers.push(server)
    return listen(server, endpoint, what)
  }
}
