import { randomUUID } from 'node:crypto'

import type { NodeAddresses } from '@millrace/contracts'
import type { Logger, Scope } from '@millrace/core'
import { errorMessage } from '@millrace/core'
import { Hub } from '@millrace/hub'
import { openTracer } from '@millrace/telemetry'

import type { Admission } from './admission/admission.ts'
import { traced } from './admission/traced-admission.ts'
import { Broadcasts } from './broadcast/broadcasts.ts'
import { alone, joinControl, openLink } from './compose-control.ts'
import { createHls } from './gateways/hls/hls.ts'
import { createHttpFlv, createWsFlv } from './gateways/http-flv/http-flv.ts'
import { createRelay, type RelayDeps } from './gateways/relay/relay.ts'
import { createRtmpServer } from './gateways/rtmp/server.ts'
import { createWebPages, preflight } from './gateways/web/web.ts'
import { bearerOnly } from './io/bearer.ts'
import { readCertificate } from './io/certificate.ts'
import { systemScheduler } from './io/clock.ts'
import { createHttpServer } from './io/http.ts'
import { closerOf, listen } from './io/listen.ts'
import { noReports } from './node-link/reporter.ts'
import { openArchive } from './outputs/archive/compose-archive.ts'
import { HlsOutputs } from './outputs/hls/hls-outputs.ts'
import { Players } from './players/players.ts'
import { SegmentViewers } from './players/segment-viewers.ts'
import type { Settings } from './settings.ts'
import { createSrsApi } from './srs-api/streams.ts'
import { NodeMetrics } from './stats/node-metrics.ts'
import { NodeStats } from './stats/node-stats.ts'

const VERSION = '0.1.0'

/** Ports the node listens on. */
export interface NodePorts {
  rtmp: number
  rtmps?: number
  http: number
  api: number
}

/** Builds the node's graph and starts it. Everything is closed by `scope`, in reverse order. */
export async function compose(settings: Settings, scope: Scope, logger: Logger): Promise<NodePorts> {
  const ports: NodePorts = { rtmp: settings.rtmpPort, http: settings.httpPort, api: settings.nodeApiPort }
  const link = await openLink(settings, VERSION, logger, {
    addresses: () => addresses(settings, ports),
    load: () => stats.load(),
    held: () => broadcasts.held(),
    uploads: () => archive?.backlog() ?? [],
    onEvicted: (ids) => ids.forEach((id) => broadcasts.find(id)?.publication.end('replaced')),
    onLinked: (nodeId) => linked(nodeId),
  })
  if (link) scope.defer(() => link.close())
  const archive = link && openArchive({ link, settings, logger, onStored: (lagMs) => metrics.uploaded(lagMs) }, scope)

  const hub: Hub = new Hub(
    systemScheduler,
    { flushMs: settings.flushMs, gopCache: settings.gopCache, reconnectWindowMs: settings.reconnectWindowMs },
    {
      opened: (stream) => hls.attach(stream),
      live(stream, publication) {
        hls.live(stream)
        broadcasts.live(publication)
      },
      closed(stream) {
        metrics.streamClosed(stream)
        hls.detach(stream)
      },
    },
  )
  const hls = new HlsOutputs({ settings: settings.hls, scheduler: systemScheduler, logger })
  const players = new Players()
  // a player asks for the playlist again after a segment at the latest
  const viewers = new SegmentViewers(players, systemScheduler, { idleMs: Math.max(30_000, 3 * settings.hls.segmentMs) })
  const stats = new NodeStats(hub, players, [hls])
  const metrics = new NodeMetrics({ hub, players, hls, archive, backlog: () => link?.reports.backlog ?? 0 })
  const reports = link?.reports ?? noReports
  const broadcasts = new Broadcasts({ hub, stats, reports, archive, logger, nowMs: () => performance.now() })
  scope.defer(() => stats.close())
  scope.defer(() => hls.close())
  scope.defer(() => hub.close())
  scope.defer(() => broadcasts.close())
  scope.defer(() => viewers.close())

  const tracer = await openTracer(scope, 'millrace-node')
  const deciding =
    link && archive
      ? await joinControl(link, { hub, players, viewers, broadcasts, archive, tracer, logger }, settings, scope)
      : alone
  const linked = (nodeId: string): void => deciding.linked(nodeId)
  const { relayed, relayKey } = deciding
  const admission = metrics.measured(traced(deciding.admission, tracer))
  const deps = { hub, admission, broadcasts, players, viewers, hls, stats, metrics, logger, relayed, relayKey }
  await listenHttp(deps, settings, ports, scope)
  await listenRtmp(deps, settings, ports, scope)
  await link?.start()
  await deciding.start()
  return ports
}

interface GatewayDeps {
  hub: Hub
  admission: Admission
  broadcasts: Broadcasts
  players: Players
  viewers: SegmentViewers
  hls: HlsOutputs
  stats: NodeStats
  metrics: NodeMetrics
  logger: Logger
  relayed: RelayDeps['relayed']
  relayKey: RelayDeps['relayKey']
}

async function listenHttp(deps: GatewayDeps, settings: Settings, ports: NodePorts, scope: Scope): Promise<void> {
  const { logger, hub, stats, metrics } = deps
  const { host, maxConnections } = settings
  const srsApi = createSrsApi({
    hub,
    stats,
    rtmpPort: () => ports.rtmp,
    serverId: `vid-${randomUUID().slice(0, 8)}`,
    version: VERSION,
  })
  const onError = (error: unknown): void => logger.error({ error: errorMessage(error) }, 'HTTP handler failed')
  const guard = settings.metricsToken === undefined ? [] : [bearerOnly(settings.metricsToken)]
  const media = createHttpServer({
    handlers: [createRelay(deps), createHttpFlv(deps), createHls(deps), ...guard, srsApi, createWebPages(), preflight],
    upgrades: [createWsFlv(deps)],
    maxConnections,
    onError,
  })
  const api = createHttpServer({ handlers: [...guard, srsApi, metrics.handler, preflight], maxConnections, onError })
  for (const server of [media, api]) scope.defer(closerOf(server))
  ports.http = await listen(media, { host, port: settings.httpPort }, 'HTTP')
  ports.api = await listen(api, { host, port: settings.nodeApiPort }, 'node API')
}

async function listenRtmp(deps: GatewayDeps, settings: Settings, ports: NodePorts, scope: Scope): Promise<void> {
  const { host, maxConnections, rtmps } = settings
  const plain = createRtmpServer(deps, { maxConnections })
  scope.defer(closerOf(plain))
  ports.rtmp = await listen(plain, { host, port: settings.rtmpPort }, 'RTMP')
  if (!rtmps) return
  const secure = createRtmpServer(deps, { maxConnections, tls: await readCertificate(rtmps) })
  scope.defer(closerOf(secure))
  ports.rtmps = await listen(secure, { host, port: rtmps.port }, 'RTMPS')
}

function addresses({ publicHost, internalHost }: Settings, ports: NodePorts): NodeAddresses {
  return {
    rtmp: `rtmp://${publicHost}:${ports.rtmp}`,
    http: `http://${publicHost}:${ports.http}`,
    api: `http://${publicHost}:${ports.api}`,
    internal: `http://${internalHost}:${ports.http}`,
    ...(ports.rtmps === undefined ? {} : { rtmps: `rtmps://${publicHost}:${ports.rtmps}` }),
  }
}
