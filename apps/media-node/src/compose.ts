import type { NodeAddresses } from '@millrace/contracts'
import type { Logger, Scope } from '@millrace/core'
import { Hub, type HubEvents } from '@millrace/hub'
import { openTracer } from '@millrace/telemetry'

import { openAdmission } from './admission/open-admission.ts'
import { traced } from './admission/traced-admission.ts'
import { DEFAULT_RTC_POLICY, type VhostPolicies, type VhostPolicy } from './admission/vhost-policy.ts'
import { Broadcasts } from './broadcast/broadcasts.ts'
import { openConf } from './compose-conf.ts'
import { openFileOutputs } from './compose-files.ts'
import type { WebRtc, WebRtcDeps } from './compose-webrtc.ts'
import { decidingAlone } from './deciding.ts'
import { systemScheduler } from './io/clock.ts'
import { Listeners, type NodePorts } from './listeners.ts'
import type { NodeLink } from './node-link/node-link.ts'
import { noReports } from './node-link/no-reports.ts'
import type { Archive } from './outputs/archive/archive.ts'
import { HlsOutputs } from './outputs/hls/hls-outputs.ts'
import { OnwardPushes } from './outputs/push/onward.ts'
import { Players } from './players/players.ts'
import { SegmentViewers } from './players/segment-viewers.ts'
import type { Settings } from './settings.ts'
import type { SrsApiOptions } from './srs-api/options.ts'
import type { Vhosts } from './srs-conf/vhosts.ts'
import { NodeMetrics } from './stats/node-metrics.ts'
import { NodeStats } from './stats/node-stats.ts'
import { Statistics } from './stats/statistics.ts'
import { VERSION } from './version.ts'

/** Larger than most frames, so that a frame is one chunk. */
const PLAY_CHUNK_BYTES = 60_000

/** A node that runs. */
export interface MediaNode {
  readonly ports: NodePorts
  readonly listeners: Listeners
  /** Policies have changed: streams that there are follow as far as they can. */
  readonly refresh: () => void
}

/**
 * Builds the node's graph and starts it. Everything is closed by `scope`, in reverse order.
 *
 * @param vhosts of a configuration file: who may do what, and how each stream is handled
 * @param apiOptions of a configuration file: what the node's API may do
 */
export async function compose(
  settings: Settings,
  scope: Scope,
  logger: Logger,
  vhosts?: Vhosts,
  apiOptions?: () => SrsApiOptions,
): Promise<MediaNode> {
  const ports: NodePorts = { rtmp: 0, http: 0, api: 0 }
  const policyOf: VhostPolicies = vhosts ? (name) => vhosts.policy(name) : () => policyOfAll(settings)
  const control = settings.control && (await loadControl())
  const link: NodeLink | undefined = await control?.openLink(settings, VERSION, logger, {
    addresses: () => addresses(settings, ports),
    load: () => stats.load(),
    held: () => broadcasts.held(),
    uploads: () => archive?.backlog() ?? [],
    onEvicted: (ids) => ids.forEach((id) => broadcasts.find(id)?.publication.end('replaced')),
    onLinked: (nodeId) => deciding.linked(nodeId),
  })
  if (link) scope.defer(() => link.close())
  const archive: Archive | undefined =
    control &&
    link &&
    control.openArchive({ link, settings, logger, onStored: (lagMs) => metrics.uploaded(lagMs) }, scope)

  const players = new Players()
  const conf = vhosts && openConf(vhosts, { settings, ports, players, logger }, scope)
  const hub: Hub = openHub(settings, policyOf, {
    opened(stream) {
      statistics.opened(stream)
      hls.attach(stream)
    },
    live(stream, publication) {
      hls.live(stream)
      files.live(stream, publication)
      broadcasts.live(publication)
    },
    packetsChanged: (stream) => webRtc?.packetsChanged(stream),
    closed(stream) {
      metrics.streamClosed(stream)
      statistics.closed(stream)
      hls.detach(stream)
    },
  })
  const hls = new HlsOutputs({ settingsOf: ({ vhost }) => policyOf(vhost).hls, scheduler: systemScheduler, logger })
  const files = openFileOutputs({ policyOf, logger, written: conf?.written })
  // a player asks for the playlist again after a segment at the latest
  const viewers = new SegmentViewers(players, systemScheduler, { idleMs: Math.max(30_000, 3 * settings.hls.segmentMs) })
  const outputs = [hls, files.hls]
  const stats = new NodeStats(hub, players, outputs)
  const metrics = new NodeMetrics({ hub, players, hls: outputs, archive, backlog: () => link?.reports.backlog ?? 0 })
  const reports = link?.reports ?? noReports
  const onward = new OnwardPushes({ logger })
  const observers = [onward, ...(conf?.observers ?? [])]
  const broadcasts = new Broadcasts({ hub, stats, reports, archive, observers, logger, nowMs: () => performance.now() })
  const statistics = new Statistics({ hub, players, broadcasts, stats, disks: settings.disks })
  for (const each of [stats, statistics, hls, files, hub, broadcasts, viewers]) scope.defer(() => each.close())

  const tracer = await openTracer(scope, 'millrace-node')
  const deciding =
    control && link && archive
      ? await control.joinControl(link, { hub, players, viewers, broadcasts, archive, tracer, logger }, settings, scope)
      : decidingAlone(conf ? conf.admission({ hub, players }) : openAdmission)
  const { relayed, relayKey } = deciding
  const admission = metrics.measured(traced(deciding.admission, tracer))
  const media = { policyOf, broadcasts, players, viewers, hls, hlsFiles: files.hls }
  const { serverId } = settings
  const gateways = { ...media, hub, admission, stats, metrics, targetOf: conf?.targetOf, serverId, logger }
  const webRtc = await webRtcOf(settings, { ...gateways, relaying: deciding, candidates: conf?.candidates }, scope)
  ports.rtc = webRtc?.port
  const listeners = new Listeners(scope)
  const { onRtmpConnect, fileMounts = () => [], findOrigin } = conf ?? {}
  const api = { statistics, onRtmpConnect, fileMounts, apiOptions, findOrigin: findOrigin?.(hub) ?? (() => null) }
  const rtc = { webRtc, rtcSessions: () => webRtc?.sessions() ?? [] }
  await listeners.open({ ...gateways, ...api, ...rtc, relayed, relayKey, version: VERSION }, settings, ports)
  await link?.start()
  await deciding.start()
  conf?.start(statistics)
  const refreshed = [hub, conf, onward, { refresh: () => files.refresh(hub.streams) }]
  return { ports, listeners, refresh: () => refreshed.forEach((each) => each?.refresh()) }
}

function openHub({ flushMs, gopCache, reconnectWindowMs }: Settings, policyOf: VhostPolicies, events: HubEvents): Hub {
  return new Hub(systemScheduler, { flushMs, gopCache, reconnectWindowMs }, events, ({ vhost }) => policyOf(vhost).hub)
}

/** What a node without control plane spares: 30 MB of schemas. */
const loadControl = (): Promise<typeof import('./compose-control.ts')> => import('./compose-control.ts')

/** A node without WebRTC spares the packet engine. */
async function webRtcOf({ rtc }: Settings, deps: WebRtcDeps, scope: Scope): Promise<WebRtc | undefined> {
  if (!rtc) return undefined
  const { openWebRtc } = await import('./compose-webrtc.ts')
  return openWebRtc(deps, rtc, scope)
}

/** The one policy of a node without a configuration file. */
function policyOfAll({ hls }: Settings): VhostPolicy {
  const noFiles = { hlsFiles: undefined, dashFiles: undefined, hdsFiles: undefined }
  return {
    hub: {},
    publish: {},
    playTimes: 'stream',
    flvAnnounced: undefined,
    playChunkBytes: PLAY_CHUNK_BYTES,
    hls,
    ...noFiles,
    rtc: DEFAULT_RTC_POLICY,
  }
}

function addresses({ publicHost, internalHost }: Settings, ports: NodePorts): NodeAddresses {
  return {
    rtmp: `rtmp://${publicHost}:${ports.rtmp}`,
    http: `http://${publicHost}:${ports.http}`,
    api: `http://${publicHost}:${ports.api}`,
    internal: `http://${internalHost}:${ports.http}`,
    ...(ports.rtc === undefined ? {} : { rtc: `http://${publicHost}:${ports.http}` }),
    ...(ports.rtmps === undefined ? {} : { rtmps: `rtmps://${publicHost}:${ports.rtmps}` }),
  }
}
