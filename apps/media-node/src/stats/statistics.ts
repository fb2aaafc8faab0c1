import { randomBytes } from 'node:crypto'

import type { Hub, LiveStream } from '@millrace/hub'

import type { Broadcasts } from '../broadcast/broadcasts.ts'
import type { Players } from '../players/players.ts'
import { ClientRates } from './client-rates.ts'
import { Clients, type Client } from './clients.ts'
import type { NodeStats } from './node-stats.ts'
import { SystemSamples, type SystemRates } from './system-samples.ts'

/** What went through a vhost; of the streams that it has and has had. */
export interface VhostFigures {
  /** `vid-…` */
  readonly id: string
  readonly name: string
  readonly clients: number
  /** Those that are published. */
  readonly streams: number
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly inBps: number
  readonly outBps: number
}

export interface StatisticsDeps {
  hub: Hub
  players: Players
  broadcasts: Pick<Broadcasts, 'list' | 'clientIdOf'>
  stats: Pick<NodeStats, 'players' | 'bytesOut' | 'rates'>
  /** Devices of which it is measured how busy they are, default none. */
  disks?: readonly string[] | undefined
}

/** The node as a whole. */
export interface SummaryFigures {
  readonly rates: SystemRates
  readonly receivedBytes: number
  readonly sentBytes: number
  /** Who publishes or plays. */
  readonly clients: number
}

/** A vhost that has had a stream, with the bytes of streams that are no more. */
interface Vhost {
  readonly id: string
  sentBytes: number
  receivedBytes: number
}

/** SRS: vhosts that have no stream are forgotten beyond this number, as clients may name what they like. */
const MAX_VHOSTS = 1000
const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** Vhosts, streams and clients with what they move, under the ids that the API gives them. */
export class Statistics {
  readonly clients: Clients
  readonly system: SystemSamples
  readonly #deps: StatisticsDeps
  readonly #rates: ClientRates
  readonly #vhosts = new Map<string, Vhost>()
  readonly #streamIds = new WeakMap<LiveStream, string>()

  constructor(deps: StatisticsDeps) {
    this.#deps = deps
    this.clients = new Clients(deps.players, deps.broadcasts)
    this.system = new SystemSamples(deps.disks)
    this.#rates = new ClientRates(() => this.clients.list())
  }

  /** A stream was made; called by the hub. */
  opened(stream: LiveStream): void {
    this.#streamIds.set(stream, newId())
    const { vhost } = stream.key
    if (this.#vhosts.has(vhost)) return
    if (this.#vhosts.size >= MAX_VHOSTS) this.#forgetOne()
    this.#vhosts.set(vhost, { id: newId(), sentBytes: 0, receivedBytes: 0 })
  }

  /** A stream is no more; called by the hub. */
  closed(stream: LiveStream): void {
    const vhost = this.#vhosts.get(stream.key.vhost)
    if (!vhost) return
    vhost.sentBytes += this.#deps.stats.bytesOut(stream)
    vhost.receivedBytes += stream.bytesIn
  }

  close(): void {
    this.system.close()
    this.#rates.close()
  }

  streamId(stream: LiveStream): string {
    return this.#streamIds.get(stream) ?? ''
  }

  vhostId(name: string): string {
    return this.#vhosts.get(name)?.id ?? ''
  }

  findStream(id: string): LiveStream | undefined {
    return this.#deps.hub.streams.find((stream) => this.streamId(stream) === id)
  }

  /** Id of the client that publishes a stream, or did last; empty if nobody has. */
  publisherId(stream: LiveStream): string {
    return this.#deps.broadcasts.clientIdOf(stream) ?? ''
  }

  bitrateBps(client: Client): number {
    return this.#rates.bitrateBps(client)
  }

  vhosts(): VhostFigures[] {
    const { hub, stats } = this.#deps
    const byVhost = Map.groupBy(hub.streams, ({ key }) => key.vhost)
    return [...this.#vhosts].map(([name, { id, sentBytes, receivedBytes }]) => {
      const streams = byVhost.get(name) ?? []
      const sum = (of: (stream: LiveStream) => number): number =>
        streams.reduce((total, stream) => total + of(stream), 0)
      return {
        id,
        name,
        clients: sum((stream) => stats.players(stream) + (stream.publication ? 1 : 0)),
        streams: streams.filter(({ publication }) => publication).length,
        sentBytes: sentBytes + sum((stream) => stats.bytesOut(stream)),
        receivedBytes: receivedBytes + sum(({ bytesIn }) => bytesIn),
        inBps: sum((stream) => stats.rates(stream).inBps),
        outBps: sum((stream) => stats.rates(stream).outBps),
      }
    })
  }

  /** What the node has moved since its start. */
  summaryFigures(): SummaryFigures {
    const vhosts = this.vhosts()
    return {
      rates: this.system.rates,
      receivedBytes: vhosts.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
      sentBytes: vhosts.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
      clients: vhosts.reduce((sum, { clients }) => sum + clients, 0),
    }
  }

  /** The vhost that has been there for longest without a stream now. */
  #forgetOne(): void {
    const used = new Set(this.#deps.hub.streams.map(({ key }) => key.vhost))
    for (const name of this.#vhosts.keys()) if (!used.has(name)) return void this.#vhosts.delete(name)
  }
}

/** `vid-` and seven characters, as SRS's ids of what it counts. */
function newId(): string {
  return `vid-${Array.from(randomBytes(7), (byte) => LETTERS[byte % LETTERS.length]).join('')}`
}
