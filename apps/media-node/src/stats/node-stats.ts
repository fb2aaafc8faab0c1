import os from 'node:os'

import type { NodeLoad } from '@millrace/contracts'
import type { Hub, LiveStream } from '@millrace/hub'

import type { Players } from '../players/players.ts'
import { RateMeter } from './rate-meter.ts'

const SAMPLE_MS = 5000

interface StreamMeters {
  /** When the stream was first seen, monotonic. */
  sinceMs: number
  in: RateMeter
  out: RateMeter
}

/** Rates of one stream, in bits per second. */
export interface StreamRates {
  sinceMs: number
  inBps: number
  outBps: number
}

/** Something that serves viewers without a hub reader, such as HLS. */
export interface ByteCounter {
  /** Bytes sent to viewers of a stream so far. */
  bytesOut(stream: LiveStream): number
}

/** Samples the hub's counters and turns them into rates. */
export class NodeStats {
  readonly #hub: Hub
  readonly #players: Pick<Players, 'count' | 'size'>
  readonly #others: readonly ByteCounter[]
  readonly #meters = new Map<LiveStream, StreamMeters>()
  readonly #timer: NodeJS.Timeout
  #cpu = process.cpuUsage()
  #cpuAtMs = performance.now()

  constructor(hub: Hub, players: Pick<Players, 'count' | 'size'>, others: readonly ByteCounter[]) {
    this.#hub = hub
    this.#players = players
    this.#others = others
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  rates(stream: LiveStream): StreamRates {
    const { sinceMs, in: inward, out } = this.#metersOf(stream, performance.now())
    return { sinceMs, inBps: inward.perSecond * 8, outBps: out.perSecond * 8 }
  }

  /** Players of a stream, over all protocols. */
  players(stream: LiveStream): number {
    return this.#players.count(stream.id)
  }

  /** Bytes sent to all players of a stream, over all protocols. */
  bytesOut(stream: LiveStream): number {
    return this.#others.reduce((sum, other) => sum + other.bytesOut(stream), stream.bytesOut)
  }

  load(): NodeLoad {
    const { streams } = this.#hub
    const sum = (of: (stream: LiveStream) => number): number => streams.reduce((total, stream) => total + of(stream), 0)
    return {
      streams: streams.filter(({ live }) => live).length,
      players: this.#players.size,
      in_bps: Math.round(sum((stream) => this.rates(stream).inBps)),
      out_bps: Math.round(sum((stream) => this.rates(stream).outBps)),
      cpu: this.#cpuShare(),
    }
  }

  #cpuShare(): number {
    const nowMs = performance.now()
    const { user, system } = process.cpuUsage(this.#cpu)
    const share = (user + system) / 1000 / Math.max(1, nowMs - this.#cpuAtMs) / os.availableParallelism()
    this.#cpu = process.cpuUsage()
    this.#cpuAtMs = nowMs
    return Math.min(1, Math.round(share * 1000) / 1000)
  }

  #metersOf(stream: LiveStream, nowMs: number): StreamMeters {
    let meters = this.#meters.get(stream)
    if (!meters) {
      meters = { sinceMs: nowMs, in: new RateMeter(), out: new RateMeter() }
      this.#meters.set(stream, meters)
      this.#take(stream, meters, nowMs)
    }
    return meters
  }

  #sample(): void {
    const nowMs = performance.now()
    const { streams } = this.#hub
    for (const stream of streams) this.#take(stream, this.#metersOf(stream, nowMs), nowMs)
    const known = new Set(streams)
    for (const stream of this.#meters.keys()) if (!known.has(stream)) this.#meters.delete(stream)
  }

  #take(stream: LiveStream, meters: StreamMeters, nowMs: number): void {
    meters.in.sample(stream.bytesIn, nowMs)
    meters.out.sample(this.bytesOut(stream), nowMs)
  }
}
