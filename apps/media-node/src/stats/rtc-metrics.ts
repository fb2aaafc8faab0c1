import { NODE_METRICS, type createMetrics } from '@millrace/telemetry'

/** Why a session of WebRTC is over; `not_connected`: no STUN, or no end of the handshake, came in time. */
export type SessionEnd = 'closed' | 'timeout' | 'not_connected' | 'dtls_failed'

/** Sums over all sessions of a kind, those that have ended too. */
export interface RtcTotals {
  readonly packets: number
  readonly retransmitted: number
  readonly nacks: number
  readonly keyFrameRequests: number
  /** Datagrams and packets that were not taken, by the reason. */
  readonly refused: Readonly<Record<string, number>>
}

/** What is read of WebRTC at each scrape. */
export interface RtcMeasures {
  sessions(action: 'publish' | 'play'): number
  totals(action: 'publish' | 'play'): RtcTotals
  /** Packets that the system has not taken. */
  readonly unsent: number
}

const ACTIONS = ['publish', 'play'] as const
/** Media of publishers comes in, that of players goes out; what is asked of it goes the other way. */
const MEDIA = { publish: 'in', play: 'out' } as const
const FEEDBACK = { publish: 'out', play: 'in' } as const

/** What `/metrics` tells of WebRTC. */
export class RtcMetrics {
  readonly #connectSeconds
  readonly #ended
  #measures: RtcMeasures | undefined

  constructor(metrics: ReturnType<typeof createMetrics>) {
    this.#connectSeconds = metrics.histogram(NODE_METRICS.rtcConnectSeconds)
    this.#ended = metrics.counter(NODE_METRICS.rtcSessionsEnded)
    metrics.gauge({
      ...NODE_METRICS.rtcSessions,
      collect: (g) => {
        for (const action of ACTIONS) g.set({ action }, this.#measures?.sessions(action) ?? 0)
      },
    })
    metrics.total(NODE_METRICS.rtcPackets, () => this.#by(MEDIA, ({ packets }) => packets))
    metrics.total(NODE_METRICS.rtcRetransmissions, () => this.#by(MEDIA, ({ retransmitted }) => retransmitted))
    metrics.total(NODE_METRICS.rtcNacks, () => this.#by(FEEDBACK, ({ nacks }) => nacks))
    metrics.total(NODE_METRICS.rtcKeyFrameRequests, () =>
      this.#by(FEEDBACK, ({ keyFrameRequests }) => keyFrameRequests),
    )
    metrics.total(NODE_METRICS.rtcRefused, () => Object.entries(this.#refused()).map(([reason, n]) => [{ reason }, n]))
    metrics.total(NODE_METRICS.rtcUnsent, () => [[{}, this.#measures?.unsent ?? 0]])
  }

  /** Whose figures are told. */
  follow(measures: RtcMeasures): void {
    this.#measures = measures
  }

  connected(action: 'publish' | 'play', afterMs: number): void {
    this.#connectSeconds.observe({ action }, afterMs / 1000)
  }

  ended(action: 'publish' | 'play', reason: SessionEnd): void {
    this.#ended.inc({ action, reason })
  }

  #by(
    directions: typeof MEDIA | typeof FEEDBACK,
    of: (totals: RtcTotals) => number,
  ): [{ direction: string }, number][] {
    const measures = this.#measures
    if (!measures) return []
    return ACTIONS.map((action) => [{ direction: directions[action] }, of(measures.totals(action))])
  }

  #refused(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {}
    for (const action of ACTIONS) {
      for (const [reason, count] of Object.entries(this.#measures?.totals(action).refused ?? {}))
        sums[reason] = (sums[reason] ?? 0) + count
    }
    return sums
  }
}
