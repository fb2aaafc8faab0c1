import type { Logger, Scope } from '@millrace/core'
import type { Hub, LiveStream } from '@millrace/hub'

import type { Admission } from './admission/admission.ts'
import type { VhostPolicies } from './admission/vhost-policy.ts'
import { openAudioTranscoding } from './bridges/transcoding/open-audio-transcoding.ts'
import { Bridges } from './bridges/bridges.ts'
import type { Broadcasts } from './broadcast/broadcasts.ts'
import type { Deciding } from './deciding.ts'
import { createPacketRelay } from './gateways/relay/packet-relay.ts'
import type { CandidateOptions } from './gateways/webrtc/candidates.ts'
import { RtcGateway } from './gateways/webrtc/gateway.ts'
import { openRtcPort } from './gateways/webrtc/rtc-port.ts'
import { RtcSessions } from './gateways/webrtc/sessions.ts'
import { createSrsRtc } from './gateways/webrtc/srs-rtc.ts'
import { RtcWatch, type RtcSessionView } from './gateways/webrtc/watch.ts'
import { createWhip } from './gateways/webrtc/whip.ts'
import type { HttpHandler, UpgradeHandler } from './io/http.ts'
import { openPacketEngine } from './io/packet-engine/choose.ts'
import type { Players } from './players/players.ts'
import type { RtcSettings } from './settings.ts'
import { PacketRelays } from './sources/relay/packet-relays.ts'
import type { NodeMetrics } from './stats/node-metrics.ts'

export interface WebRtcDeps {
  hub: Hub
  admission: Admission
  policyOf: VhostPolicies
  broadcasts: Broadcasts
  players: Players
  metrics: NodeMetrics
  /** Of a configuration file: what clients are told of where we are, from the next on; without it, that of the settings. */
  candidates: (() => Omit<CandidateOptions, 'host'>) | undefined
  /** Where other nodes are. */
  relaying: Pick<Deciding, 'relayed' | 'relayKey' | 'directory'>
  /** SRS's `server`. */
  serverId: string
  logger: Logger
}

/** WebRTC of a node. */
export interface WebRtc {
  /** Of the media and API listeners. */
  readonly handlers: readonly HttpHandler[]
  /** Of the media listeners. */
  readonly upgrades: readonly UpgradeHandler[]
  readonly port: number
  /** For the node's API. */
  readonly sessions: () => readonly RtcSessionView[]
  /** The hub tells of the packets of a stream. */
  readonly packetsChanged: (stream: LiveStream) => void
}

/** Opens WebRTC; `scope` ends its sessions and closes its port. */
export async function openWebRtc(deps: WebRtcDeps, settings: RtcSettings, scope: Scope): Promise<WebRtc> {
  const { hub, policyOf, broadcasts, logger, serverId, metrics } = deps
  const engine = await openPacketEngine(logger, settings.engine)
  scope.defer(() => engine.close())
  const sessions = new RtcSessions()
  const { endpoint, tcp, maxSessions, iceServers } = settings
  const port = await openRtcPort({ engine, sessions, endpoint, tcp, maxConnections: maxSessions, logger }, scope)
  const transcoding = openAudioTranscoding(logger)
  scope.defer(() => transcoding.close())
  const bridges = new Bridges({
    policyOf: ({ vhost }) => policyOf(vhost).rtc?.bridges,
    expected: (stream) => relays?.expects(stream) ?? false,
    transcoding,
    unhealthy: (...what) => broadcasts.unhealthy(...what),
    logger,
  })
  scope.defer(() => bridges.close())
  const relays = openPacketRelays(deps, (stream) => bridges.packetsChanged(stream), scope)
  scope.defer(() => sessions.close())
  const watch = new RtcWatch(metrics.rtc, () => port.sender.counters.unsent)
  metrics.rtc.follow(watch)
  const { candidates = () => settings.candidates } = deps
  const gateway = new RtcGateway({
    ...deps,
    engine,
    port,
    sessions,
    bridges,
    maxSessions,
    observer: watch,
    candidates: () => ({ ...candidates(), host: endpoint.host }),
  })
  const packetsChanged = (stream: LiveStream): void => {
    // first: what is fetched need not be made here
    relays?.packetsChanged(stream)
    bridges.packetsChanged(stream)
  }
  // streams that there were before
  for (const stream of hub.streams) packetsChanged(stream)
  return {
    handlers: [createWhip({ gateway, iceServers }), createSrsRtc({ gateway, serverId, logger })],
    upgrades: [createPacketRelay({ hub, ...deps.relaying, logger })],
    port: port.port,
    sessions: () => watch.views(),
    packetsChanged,
  }
}

/** Undefined where there are no other nodes. */
function openPacketRelays(
  { relaying: { directory, relayed }, logger }: WebRtcDeps,
  expectationChanged: (stream: LiveStream) => void,
  scope: Scope,
): PacketRelays | undefined {
  const relays = directory && new PacketRelays({ directory, relayed, expectationChanged, logger })
  if (relays) scope.defer(() => relays.close())
  return relays
}
