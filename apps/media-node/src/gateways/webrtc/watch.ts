import type { CodedError } from '@millrace/core'

import type { AdmissionRequest, Grant } from '../../admission/admission.ts'
import type { RtcMeasures, RtcMetrics, RtcTotals, SessionEnd } from '../../stats/rtc-metrics.ts'
import type { RtcObserver } from './gateway.ts'
import type { RtcSession } from './session.ts'

type Action = AdmissionRequest['action']

/** One session, as the node's API tells of it. */
export interface RtcSessionView {
  /** What API and callbacks call the client. */
  readonly client_id: string
  readonly action: Action
  readonly vhost: string
  readonly app: string
  readonly stream: string
  readonly ip: string
  readonly state: 'connecting' | 'connected'
  /** Since the answer, in seconds. */
  readonly alive: number
  /** How the peer is reached; null before that is known. */
  readonly transport: 'udp' | 'tcp' | null
  /** As it is reached: behind a NAT another than `ip`. */
  readonly address: string | null
  readonly rtt_ms: number | null
  /** 0 to 1. */
  readonly loss: number
  readonly jitter_ms: number
  readonly packets: number
  readonly bytes: number
  readonly retransmitted: number
  readonly nacks: number
  readonly plis: number
  /** What a player can take, by its own estimate. */
  readonly estimate_bps: number | null
  /** Datagrams that were not taken, by the reason. */
  readonly refused: Readonly<Record<string, number>>
}

interface Followed {
  readonly wanted: AdmissionRequest
  readonly key: Grant['key']
}

/** Follows all sessions: what the API and metrics tell of them. */
export class RtcWatch implements RtcObserver, RtcMeasures {
  readonly #metrics: RtcMetrics
  readonly #unsent: () => number
  readonly #followed = new Map<RtcSession, Followed>()
  readonly #departed = { publish: new Totals(), play: new Totals() }

  /** @param unsent packets that the system has not taken so far */
  constructor(metrics: RtcMetrics, unsent: () => number) {
    this.#metrics = metrics
    this.#unsent = unsent
  }

  opened(session: RtcSession, wanted: AdmissionRequest, key: Grant['key']): void {
    this.#followed.set(session, { wanted, key })
  }

  connected(action: Action, afterMs: number): void {
    this.#metrics.connected(action, afterMs)
  }

  closed(session: RtcSession, action: Action, reason: CodedError | null): void {
    this.#followed.delete(session)
    this.#departed[action].add(session)
    this.#metrics.ended(action, endOf(reason))
  }

  get unsent(): number {
    return this.#unsent()
  }

  sessions(action: Action): number {
    return [...this.#followed.values()].filter(({ wanted }) => wanted.action === action).length
  }

  totals(action: Action): RtcTotals {
    const totals = new Totals(this.#departed[action])
    for (const [session, { wanted }] of this.#followed) if (wanted.action === action) totals.add(session)
    return totals
  }

  /** All sessions that there are, as they came. */
  views(): readonly RtcSessionView[] {
    const nowMs = performance.now()
    return [...this.#followed].map(([session, followed]) => viewOf(session, followed, nowMs))
  }
}

function viewOf(session: RtcSession, { wanted, key }: Followed, nowMs: number): RtcSessionView {
  const { role, path } = session
  const { figures, bytes } = role
  return {
    client_id: wanted.client.id ?? '',
    action: wanted.action,
    vhost: key.vhost,
    app: key.app,
    stream: key.name,
    ip: wanted.client.ip,
    state: session.connected ? 'connected' : 'connecting',
    alive: Math.round(nowMs - session.openedAtMs) / 1000,
    transport: path?.address.transport ?? null,
    address: path ? `${path.address.ip}|${path.address.port}` : null,
    rtt_ms: figures.rttMs === null ? null : rounded(figures.rttMs),
    loss: rounded(figures.lossRatio),
    jitter_ms: rounded(figures.jitterMs),
    packets: figures.packetsReceived + figures.packetsSent,
    bytes: bytes.received + bytes.sent,
    retransmitted: figures.retransmitted,
    nacks: figures.nacks,
    plis: figures.keyFrameRequests,
    estimate_bps: figures.estimateBps,
    refused: session.counters,
  }
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000

/** Ends that are nobody's wish. */
const ENDS: Readonly<Record<string, SessionEnd>> = {
  WEBRTC_CONSENT_EXPIRED: 'timeout',
  WEBRTC_CONNECT_TIMEOUT: 'not_connected',
}

const endOf = (reason: CodedError | null): SessionEnd =>
  reason === null ? 'closed' : (ENDS[reason.code] ?? (reason.code.startsWith('DTLS_') ? 'dtls_failed' : 'closed'))

/** Sums of sessions. */
class Totals implements RtcTotals {
  packets = 0
  retransmitted = 0
  nacks = 0
  keyFrameRequests = 0
  readonly refused: Record<string, number> = {}

  constructor(from?: RtcTotals) {
    if (from) Object.assign(this, from, { refused: { ...from.refused } })
  }

  add({ role: { figures }, counters }: RtcSession): void {
    this.packets += figures.packetsReceived + figures.packetsSent
    this.retransmitted += figures.retransmitted
    this.nacks += figures.nacks
    this.keyFrameRequests += figures.keyFrameRequests
    for (const [why, count] of Object.entries(counters)) this.refused[why] = (this.refused[why] ?? 0) + count
  }
}
