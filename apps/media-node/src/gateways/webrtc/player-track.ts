import type { Address } from '@millrace/core'
import type { Codec, PacketTrack } from '@millrace/media'
import type { ReportBlock, SenderReport } from '@millrace/rtp'
import type { SrtpSession } from '@millrace/webrtc'

import type { PacketSender, PacketTarget } from '../../io/packet-engine/packet-engine.ts'
import type { Fanout } from './fanout.ts'
import type { Lane } from './lane.ts'
import { chooseLayer } from './layer-choice.ts'
import { Outlet } from './outlet.ts'
import { SentReports } from './sent-reports.ts'

/** Most packets sent again to one player in a second: more would only make its link fuller. */
const MAX_RESENT_PER_S = 1000

/** One track that a player has agreed to take. */
export interface PlayedTrack {
  readonly kind: 'video' | 'audio'
  readonly codec: Codec
  readonly payloadType: number
  readonly ssrc: number
  /** Undefined if the player takes no retransmissions on a stream of their own. */
  readonly rtx: { readonly payloadType: number; readonly ssrc: number } | undefined
}

export interface PlayerTrackDeps {
  readonly fanout: Fanout
  readonly sender: PacketSender
  readonly session: SrtpSession
  readonly destination: PacketTarget['destination']
}

/** What a player has told of how it receives. */
export interface PlayerTrackStats {
  rttMs: number | null
  /** Of the packets since the report before, 0 to 1. */
  lossRatio: number
  jitterMs: number
  nacks: number
  keyFrameRequests: number
}

/** One track of a player: which encoding it gets, what it gets again, and what it is told of time. */
export class PlayerTrack {
  readonly ssrc: number
  readonly kind: 'video' | 'audio'
  readonly codec: Codec
  readonly stats: PlayerTrackStats = { rttMs: null, lossRatio: 0, jitterMs: 0, nacks: 0, keyFrameRequests: 0 }
  readonly #fanout: Fanout
  readonly #outlet: Outlet
  readonly #targets: readonly PacketTarget[]
  readonly #reports: SentReports
  #track: PacketTrack | undefined
  /** Where it waits for a key frame, or has waited. */
  #wanted: Lane | undefined
  /** What the player takes. */
  #allowedBps = Infinity
  #resentSinceMs = 0
  #resent = 0

  constructor({ kind, codec, ssrc, payloadType, rtx }: PlayedTrack, deps: PlayerTrackDeps) {
    const { sender, session, destination } = deps
    const make = (options: { ssrc: number; payloadType: number }): PacketTarget =>
      Object.assign(sender.target({ session, ...options }), { destination })
    this.ssrc = ssrc
    this.kind = kind
    this.codec = codec
    this.#fanout = deps.fanout
    const target = make({ ssrc, payloadType })
    const again = rtx && make(rtx)
    this.#targets = again ? [target, again] : [target]
    this.#outlet = new Outlet({ sender, target, rtx: again })
    this.#reports = new SentReports(ssrc)
  }

  get bytes(): number {
    return this.#outlet.bytes
  }

  get packets(): number {
    return this.#outlet.packets
  }

  get retransmitted(): number {
    return this.#outlet.retransmitted
  }

  /** Index of the encoding that is sent; undefined while nothing is. */
  get layer(): number | undefined {
    return this.#outlet.lane?.layer
  }

  bitrateBps(nowMs: number): number {
    return this.#outlet.lane?.bitrateBps(nowMs) ?? 0
  }

  /** A source has begun: takes its track, at the best encoding for the beginning; undefined if it has none. */
  start(track: PacketTrack | undefined): void {
    this.#stop()
    this.#track = track
    if (track) this.#switchTo(track.layers.length - 1)
  }

  /** The player takes this much. */
  allow(bitrateBps: number, nowMs: number): void {
    this.#allowedBps = bitrateBps
    this.#choose(nowMs)
  }

  /** Called about each second: an encoding may have fallen silent, a request for a key frame may have been lost or not been heeded. */
  tick(nowMs: number): void {
    this.#choose(nowMs)
    if (this.#awaited && this.kind === 'video') this.#fanout.requestKeyFrame(this.#awaited)
  }

  /** @param sequences 16 bits each */
  resend(sequences: readonly number[], nowMs: number): void {
    if (nowMs - this.#resentSinceMs >= 1000) {
      this.#resentSinceMs = nowMs
      this.#resent = 0
    }
    for (const sequence of sequences) {
      this.stats.nacks++
      if (this.#resent >= MAX_RESENT_PER_S) return
      if (this.#outlet.resend(sequence, nowMs)) this.#resent++
    }
  }

  requestKeyFrame(): void {
    this.stats.keyFrameRequests++
    const lane = this.#awaited ?? this.#outlet.lane
    if (lane && this.kind === 'video') this.#fanout.requestKeyFrame(lane)
  }

  /** What the player says of it. */
  reported({ fractionLost, jitter, lastSenderReport, delaySinceLastSenderReport }: ReportBlock, nowMs: number): void {
    this.stats.lossRatio = fractionLost / 256
    this.stats.jitterMs = (jitter * 1000) / (this.#track?.clockRate ?? 90_000)
    this.stats.rttMs = this.#reports.rttMs(lastSenderReport, delaySinceLastSenderReport, nowMs) ?? this.stats.rttMs
  }

  /** What time its packets are of; undefined while it has sent none. */
  report(nowMs: number): SenderReport | undefined {
    const { lane, packets, bytes } = this.#outlet
    const { newest } = lane ?? {}
    if (!lane || !newest) return undefined
    const timestamp = newest.timestamp + ((nowMs - newest.arrivedMs) * lane.track.clockRate) / 1000
    const clock = lane.clockOf()
    const wallMs = clock
      ? clock.wallMs + ((timestamp - clock.timestamp) * 1000) / lane.track.clockRate
      : performance.timeOrigin + nowMs
    const sent = { timestamp: timestamp + this.#outlet.target.timestampOffset, packets, bytes }
    return this.#reports.next(wallMs, sent, nowMs)
  }

  moveTo(destination: Address | ((datagram: Uint8Array) => void) | undefined): void {
    for (const target of this.#targets) target.destination = destination
  }

  close(): void {
    this.#stop()
  }

  get #awaited(): Lane | undefined {
    return this.#wanted === this.#outlet.lane ? undefined : this.#wanted
  }

  #choose(nowMs: number): void {
    const track = this.#track
    if (!track || track.layers.length < 2) return
    const lanes = track.layers.map((_layer, i) => this.#fanout.lane(track, i))
    const rates = lanes.map((lane) => lane?.bitrateBps(nowMs) ?? 0)
    const current = this.#awaited?.layer ?? this.layer ?? 0
    const wanted = chooseLayer(rates, current, this.#allowedBps)
    if (wanted !== current) this.#switchTo(wanted)
  }

  #switchTo(layer: number): void {
    const track = this.#track
    const lane = track && this.#fanout.lane(track, layer)
    if (!lane) return
    this.#awaited?.leave(this.#outlet)
    this.#wanted = lane
    if (lane === this.#outlet.lane || lane.await(this.#outlet)) return
    if (this.kind === 'video') this.#fanout.requestKeyFrame(lane)
  }

  #stop(): void {
    this.#awaited?.leave(this.#outlet)
    this.#wanted = undefined
    this.#outlet.leave()
  }
}
