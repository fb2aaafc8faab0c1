import http from 'node:http'
import https from 'node:https'
import type net from 'node:net'

import { errorMessage, type Logger, type Scope } from '@millrace/core'
import type { Hub } from '@millrace/hub'

import type { Admission } from './admission/admission.ts'
import type { VhostPolicies } from './admission/vhost-policy.ts'
import type { Broadcasts } from './broadcast/broadcasts.ts'
import { createStaticFiles } from './gateways/files/static-files.ts'
import { createHls } from './gateways/hls/hls.ts'
import { createHlsFiles, type HlsFilesDeps } from './gateways/hls/hls-files.ts'
import { createHttpFlv, createWsFlv } from './gateways/http-flv/http-flv.ts'
import { createHttpTs } from './gateways/http-ts/http-ts.ts'
import { createRelay, type RelayDeps } from './gateways/relay/relay.ts'
import type { RtmpDeps } from './gateways/rtmp/connection.ts'
import { createRtmpServer } from './gateways/rtmp/server.ts'
import { createWebPages, preflight } from './gateways/web/web.ts'
import { bearerOnly } from './io/bearer.ts'
import { readCertificate } from './io/certificate.ts'
import { fileLocator, type FileMount } from './io/file-mounts.ts'
import { createHttpServer, type HttpHandler, type UpgradeHandler } from './io/http.ts'
import { closerOf, listen, type Endpoint } from './io/listen.ts'
import { PACKET_RELAY_PROTOCOL } from './io/packet-relay/messages.ts'
import type { HlsOutputs } from './outputs/hls/hls-outputs.ts'
import type { TargetOf } from './players/http-stream.ts'
import type { Players } from './players/players.ts'
import type { SegmentViewers } from './players/segment-viewers.ts'
import type { HttpEndpoint, Settings } from './settings.ts'
import type { FindOrigin } from './srs-api/clusters.ts'
import { plainOptions, type SrsApiOptions } from './srs-api/options.ts'
import { createPublicApi, createSrsApi } from './srs-api/srs-api.ts'
import type { NodeMetrics } from './stats/node-metrics.ts'
import type { NodeStats } from './stats/node-stats.ts'
import type { Statistics } from './stats/statistics.ts'

/** Ports the node listens on; 0 where it does not. */
export interface NodePorts {
  /** The first of them. */
  rtmp: number
  rtmps?: number
  http: number
  https?: number
  api: number
  apiTls?: number | undefined
  /** Of WebRTC. */
  rtc?: number | undefined
}

export interface GatewayDeps {
  hub: Hub
  admission: Admission
  policyOf: VhostPolicies
  onRtmpConnect: RtmpDeps['onRtmpConnect']
  broadcasts: Broadcasts
  players: Players
  viewers: SegmentViewers
  hls: HlsOutputs
  hlsFiles: HlsFilesDeps['files']
  /** Folders of files beside that of the settings. */
  fileMounts: () => readonly FileMount[]
  stats: NodeStats
  statistics: Statistics
  /** What the API may do; without it, what is safe. */
  apiOptions: (() => SrsApiOptions) | undefined
  findOrigin: FindOrigin
  metrics: NodeMetrics
  /** The streams that HTTP paths name, default by app and name. */
  targetOf: TargetOf | undefined
  /** Offers of WebRTC, and other nodes that want its packets; undefined for a node without. */
  webRtc: { handlers: readonly HttpHandler[]; upgrades: readonly UpgradeHandler[] } | undefined
  /** For the API. */
  rtcSessions: () => readonly object[]
  /** SRS's `server`. */
  serverId: string
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
    for (const server of this.#servers) {
      if (server instanceof http.Server || server instanceof https.Server) server.closeIdleConnections()
    }
  }

  async #openHttp(deps: GatewayDeps, settings: Settings, ports: NodePorts): Promise<void> {
    const onError = (error: unknown): void => deps.logger.error({ error: errorMessage(error) }, 'HTTP server failed')
    const handlers = httpHandlers(deps, settings, ports)
    const { maxConnections, http: media, api, httpTls, apiTls } = settings
    const open = async (kind: keyof typeof handlers, at: HttpEndpoint | undefined, what: string): Promise<number> => {
      if (!at) return 0
      const upgrades = kind === 'api' ? [] : [...(deps.webRtc?.upgrades ?? []), createWsFlv(deps)]
      const { certificate } = at
      const options = { handlers: handlers[kind], upgrades, upgradeProtocols, maxConnections, certificate, onError }
      return this.#listen(createHttpServer(options), at, what)
    }
    const upgradeProtocols = ['websocket', ...(deps.webRtc ? [PACKET_RELAY_PROTOCOL] : [])]
    const shared = isSame(media, api)
    ports.http = await open(shared ? 'shared' : 'media', media, 'HTTP')
    ports.api = shared ? ports.http : await open('api', api, 'node API')
    const sharedTls = isSame(httpTls, apiTls)
    if (httpTls) ports.https = await open(sharedTls ? 'shared' : 'media', httpTls, 'HTTPS')
    if (apiTls) ports.apiTls = sharedTls ? ports.https : await open('api', apiTls, 'node API over HTTPS')
  }

  async #listen(server: net.Server, endpoint: Endpoint, what: string): Promise<number> {
    this.#scope.defer(closerOf(server))
    this.#servers.push(server)
    return listen(server, endpoint, what)
  }
}

/** Media and API at one address are one server. */
function isSame(media: Endpoint | undefined, api: Endpoint | undefined): boolean {
  return media !== undefined && media.port !== 0 && media.host === api?.host && media.port === api.port
}

/** The handlers of media, of the API, and of both together. */
function httpHandlers(
  deps: GatewayDeps,
  settings: Settings,
  ports: NodePorts,
): Readonly<Record<'media' | 'api' | 'shared', readonly HttpHandler[]>> {
  const { metricsToken, filesDir, api } = settings
  const plain = plainOptions({
    kick: metricsToken !== undefined,
    listen: String(api?.port ?? ''),
    hlsFragmentS: settings.hls.segmentMs / 1000,
  })
  const { apiOptions = () => plain, metrics } = deps
  const apiDeps = { ...deps, options: apiOptions, rtmpPort: () => ports.rtmp }
  const guard = metricsToken === undefined ? [] : [bearerOnly(metricsToken)]
  // a file that is there comes before a stream of that name
  const folder: FileMount[] = filesDir === undefined ? [] : [{ host: undefined, prefix: '/', folder: filesDir }]
  const locate = fileLocator(() => [...deps.fileMounts(), ...folder])
  const files = createStaticFiles(locate)
  // its files are among the others, but not for everybody
  const hlsFiles = createHlsFiles({ ...deps, files: deps.hlsFiles, locate })
  // before streams: its modules end in .ts as well
  const pages = createWebPages()
  const streams = [createRelay(deps), createHttpFlv(deps), createHls(deps), ...createHttpTs(deps)]
  const offers = deps.webRtc?.handlers ?? []
  const served = [hlsFiles, files, pages, ...offers, ...streams, ...guard]
  const srsApi = createSrsApi(apiDeps)
  const console = under('/console/', createStaticFiles(fileLocator(() => folder)))
  return {
    media: [...served, createPublicApi(apiDeps), preflight],
    // offers are judged by admission, with or without the API's token
    api: [...offers, ...guard, metrics.handler, console, srsApi],
    shared: [...served, metrics.handler, under('/api/', srsApi), preflight],
  }
}

/** A handler for the paths of a folder only, and for the folder without its slash. */
function under(folder: string, handler: HttpHandler): HttpHandler {
  return (request, response) => (`${request.path}/`.startsWith(folder) ? handler(request, response) : false)
}
