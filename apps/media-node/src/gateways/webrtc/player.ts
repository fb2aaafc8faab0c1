import type { Codec, PacketTrack } from '@millrace/media'
import type { RtcpPacket } from '@millrace/rtp'
import type { Path } from '@millrace/webrtc'

import type { PacketSender } from '../../io/packet-engine/packet-engine.ts'
import type { Fanout } from './fanout.ts'
import type { RoleFigures } from './figures.ts'
import { PlayerTrack, type PlayedTrack } from './player-track.ts'
import type { SessionLink, SessionRole } from './role.ts'
import { destinationOf } from './udp-path.ts'

/** How often players are told what time timestamps stand for. @see RFC 3550 §6.2 */
const REPORT_MS = 1000
/** Until the first report, so that sound and picture are in step early. */
const FIRST_REPORT_MS = 100

export interface RtcPlayerDeps {
  readonly fanout: Fanout
  readonly sender: PacketSender
  readonly tracks: readonly PlayedTrack[]
  /** Of all of the player's tracks. */
  readonly cname: string
  /** The stream is of a codec by now that was not agreed on. */
  readonly unplayable: (codecs: readonly Codec[]) => void
  /** The player is no longer there. */
  readonly left: () => void
}

/** Gives a stream's packets to one player. */
export class RtcPlayer implements SessionRole {
  readonly #deps: RtcPlayerDeps
  #tracks: readonly PlayerTrack[] = []
  #link: SessionLink | undefined
  #unfollow: (() => void) | undefined
  #ended = false
  #nextReportMs = Infinity
  #estimateBps: number | null = null

  constructor(deps: RtcPlayerDeps) {
    this.#deps = deps
  }

  get deadlineMs(): number {
    return this.#nextReportMs
  }

  get bytes(): { sent: number; received: number } {
    return { sent: this.#tracks.reduce((sum, { bytes }) => sum + bytes, 0), received: 0 }
  }

  get figures(): RoleFigures {
    const tracks = this.#tracks
    const sum = (of: (track: PlayerTrack) => number): number => tracks.reduce((total, track) => total + of(track), 0)
    const rtts = tracks.flatMap(({ stats: { rttMs } }) => rttMs ?? [])
    return {
      packetsReceived: 0,
      packetsSent: sum(({ packets }) => packets),
      retransmitted: sum(({ retransmitted }) => retransmitted),
      nacks: sum(({ stats }) => stats.nacks),
      keyFrameRequests: sum(({ stats }) => stats.keyFrameRequests),
      rttMs: rtts.length > 0 ? Math.max(...rtts) : null,
      lossRatio: Math.max(0, ...tracks.map(({ stats }) => stats.lossRatio)),
      jitterMs: Math.max(0, ...tracks.map(({ stats }) => stats.jitterMs)),
      estimateBps: this.#estimateBps,
    }
  }

  connected(link: SessionLink): void {
    const { fanout, sender, tracks } = this.#deps
    this.#link = link
    const destination = destinationOf(link.path)
    this.#tracks = tracks.map((track) => new PlayerTrack(track, { fanout, sender, session: link.srtp, destination }))
    this.#nextReportMs = performance.now() + FIRST_REPORT_MS
    const unfollow = fanout.follow({ started: (available) => this.#start(available) })
    // it may have ended at the sight of a codec that it can't play
    if (this.#ended) unfollow()
    else this.#unfollow = unfollow
    fanout.flushSoon()
  }

  moved(path: Path): void {
    for (const track of this.#tracks) track.moveTo(destinationOf(path))
  }

  /** Players send nothing that is wanted. */
  rtp(): void {}

  rtcp(packets: readonly RtcpPacket[], nowMs: number): void {
    for (const packet of packets) {
      switch (packet.type) {
        case 'nack':
          this.#track(packet.mediaSsrc)?.resend(packet.sequences, nowMs)
          break
        case 'pli':
          this.#track(packet.mediaSsrc)?.requestKeyFrame()
          break
        case 'fir':
          for (const { ssrc } of packet.requests) this.#track(ssrc)?.requestKeyFrame()
          break
        case 'rr':
        case 'sr':
          for (const report of packet.reports) this.#track(report.ssrc)?.reported(report, nowMs)
          break
        case 'remb':
          this.#estimated(packet.bitrateBps, nowMs)
          break
        case 'bye':
          this.#deps.left()
          break
        default:
      }
    }
    this.#deps.fanout.flushSoon()
  }

  tick(nowMs: number): void {
    if (nowMs < this.#nextReportMs) return
    this.#nextReportMs = nowMs + REPORT_MS
    for (const track of this.#tracks) track.tick(nowMs)
    const reports = this.#tracks.flatMap((track) => track.report(nowMs) ?? [])
    if (reports.length === 0) return
    const chunks = this.#deps.tracks.map(({ ssrc }) => ({ ssrc, cname: this.#deps.cname }))
    this.#link?.sendRtcp([...reports, { type: 'sdes', chunks }])
  }

  ended(): void {
    this.#ended = true
    this.#unfollow?.()
    for (const track of this.#tracks) track.close()
    this.#nextReportMs = Infinity
  }

  #start(available: readonly PacketTrack[]): void {
    const codecs = available.map(({ codec }) => codec)
    const agreed = this.#deps.tracks.filter(({ codec }) => codecs.includes(codec))
    if (agreed.length === 0 && available.length > 0) return this.#deps.unplayable(codecs)
    for (const track of this.#tracks) track.start(available.find(({ codec }) => codec === track.codec))
  }

  #track(ssrc: number): PlayerTrack | undefined {
    return this.#tracks.find((track) => track.ssrc === ssrc)
  }

  /** How much the player can take: sound comes first, pictures share what is left. */
  #estimated(bitrateBps: number, nowMs: number): void {
    this.#estimateBps = bitrateBps
    const sound = this.#tracks
      .filter(({ kind }) => kind === 'audio')
      .reduce((sum, track) => sum + track.bitrateBps(nowMs), 0)
    for (const track of this.#tracks) if (track.kind === 'video') track.allow(Math.max(0, bitrateBps - sound), nowMs)
  }
}
