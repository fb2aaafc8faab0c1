import { randomInt } from 'node:crypto'

import { ProtocolError } from '@millrace/core'
import type { PacketClock, PacketFeed, PacketSource } from '@millrace/hub'
import type { PacketTrack } from '@millrace/media'
import {
  ntpFromWall,
  readExtensionU16,
  readRtpHeader,
  RoundTrip,
  TwccRecorder,
  unwrapRtx,
  type RtcpPacket,
  type SenderReport,
} from '@millrace/rtp'

import type { RoleFigures } from './figures.ts'
import type { SessionLink, SessionRole } from './role.ts'
import { SourceMap, type ExtensionIds, type PublishedTrack, type Source } from './source-map.ts'

/** How often publishers are told what has arrived, as SRS does. */
const REPORT_MS = 1000

export interface RtcPublisherDeps {
  readonly tracks: readonly PublishedTrack[]
  readonly extensions: ExtensionIds
  /** Packets of this type are taken for lost, to try that out; undefined for none. */
  readonly dropPayloadType: number | undefined
  /** Media comes from now on: takes the stream. */
  readonly begin: (source: PacketSource) => PacketFeed
  /** The publisher is no longer there. */
  readonly left: () => void
}

/** What of a publisher's packets could not be used. */
export interface PublisherCounters {
  /** Cannot be read. */
  unreadable: number
  /** Of a source or payload type that was not agreed on. */
  foreign: number
}

/** Takes the packets of one publisher: asks again for those that are lost, and tells it how they arrive. */
export class RtcPublisher implements SessionRole, PacketSource {
  readonly tracks: readonly PacketTrack[]
  readonly bridged = false
  readonly counters: PublisherCounters = { unreadable: 0, foreign: 0 }
  readonly #deps: RtcPublisherDeps
  readonly #sources: SourceMap
  readonly #transport = new TwccRecorder()
  readonly #roundTrip = new RoundTrip()
  /** Of what we say: we send no media. */
  readonly #ssrc = randomInt(1, 2 ** 32)
  #link: SessionLink | undefined
  #feed: PacketFeed | undefined
  #nextReportMs = Infinity
  #received = 0
  #keyFrameRequests = 0
  #packets = 0
  #repaired = 0
  #nacks = 0

  constructor(deps: RtcPublisherDeps) {
    this.#deps = deps
    this.tracks = deps.tracks.map(({ track }) => track)
    this.#sources = new SourceMap(deps.tracks, deps.extensions)
  }

  get bytes(): { sent: number; received: number } {
    return { sent: 0, received: this.#received }
  }

  get figures(): RoleFigures {
    const receptions = this.#sources.streams.map(({ reception }) => reception)
    return {
      packetsReceived: this.#packets,
      packetsSent: 0,
      retransmitted: this.#repaired,
      nacks: this.#nacks,
      keyFrameRequests: this.#keyFrameRequests,
      rttMs: this.#roundTrip.ms ?? null,
      lossRatio: Math.max(0, ...receptions.map(({ lost, received }) => lost / Math.max(1, lost + received))),
      jitterMs: Math.max(0, ...receptions.map(({ jitterMs }) => jitterMs)),
      estimateBps: null,
    }
  }

  get streams(): SourceMap['streams'] {
    return this.#sources.streams
  }

  get deadlineMs(): number {
    let deadlineMs = Math.min(this.#nextReportMs, this.#transport.deadlineMs ?? Infinity)
    for (const { nacks } of this.#sources.streams) deadlineMs = Math.min(deadlineMs, nacks.deadlineMs ?? Infinity)
    return deadlineMs
  }

  connected(link: SessionLink): void {
    this.#link = link
    this.#nextReportMs = performance.now() + REPORT_MS
    this.#feed = this.#deps.begin(this)
    for (const track of this.tracks) if (track.kind === 'video') this.requestKeyFrame(track, track.layers.length - 1)
  }

  /** Publishers are answered by the path that they send by. */
  moved(): void {}

  rtp(packet: Uint8Array, nowMs: number): void {
    try {
      this.#take(packet, nowMs)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.counters.unreadable++
    }
  }

  rtcp(packets: readonly RtcpPacket[], nowMs: number): void {
    for (const packet of packets) {
      switch (packet.type) {
        case 'sr':
          this.#reported(packet, nowMs)
          break
        case 'xr':
          for (const block of packet.blocks)
            if (block.type === 'dlrr')
              for (const { ssrc, lastReference, delaySinceLastReference: delay } of block.reports)
                if (ssrc === this.#ssrc) this.#roundTrip.note(lastReference, delay, Date.now())
          break
        case 'bye':
          if (packet.ssrcs.some((ssrc) => this.#sources.bySsrc(ssrc)?.repairs === false)) this.#deps.left()
          break
        default:
      }
    }
  }

  tick(nowMs: number): void {
    this.#askAgain(nowMs)
    const feedback = this.#transport.feedback(nowMs, this.#ssrc, this.#sources.streams[0]?.ssrc ?? 0)
    if (feedback.length > 0) this.#send(feedback)
    if (nowMs < this.#nextReportMs) return
    this.#nextReportMs = nowMs + REPORT_MS
    const reports = this.#sources.streams.flatMap(({ reception }) => reception.report(nowMs) ?? [])
    const reference: RtcpPacket = {
      type: 'xr',
      ssrc: this.#ssrc,
      blocks: [{ type: 'rrtr', ntp: ntpFromWall(Date.now()) }],
    }
    this.#link?.sendRtcp([{ type: 'rr', ssrc: this.#ssrc, reports: reports.slice(0, 31) }, reference])
  }

  ended(): void {
    this.#feed?.end()
    this.#nextReportMs = Infinity
  }

  // --- what the plane asks ---

  requestKeyFrame(track: PacketTrack, layer: number): void {
    const stream = this.#sources.streams.find((each) => each.track === track && each.layer === layer)
    if (!stream) return
    this.#keyFrameRequests++
    this.#send([{ type: 'pli', senderSsrc: this.#ssrc, mediaSsrc: stream.ssrc }])
  }

  clockOf(track: PacketTrack, layer: number): PacketClock | undefined {
    return this.#sources.streams.find((each) => each.track === track && each.layer === layer)?.clock
  }

  #take(packet: Uint8Array, nowMs: number): void {
    const header = readRtpHeader(packet)
    if (header.payloadType === this.#deps.dropPayloadType) return
    this.#received += packet.length
    this.#packets++
    const { transportCc } = this.#deps.extensions
    const transportSequence = transportCc === undefined ? undefined : readExtensionU16(packet, header, transportCc)
    if (transportSequence !== undefined) this.#transport.note(transportSequence, nowMs)
    const source = this.#sources.find(packet, header)
    if (source?.repairs) return this.#takeRepair(source, packet, nowMs)
    if (source?.published.payloadType !== header.payloadType) {
      this.counters.foreign++
      return
    }
    const media = source.stream.take(packet, header, false, nowMs)
    if (media) this.#feed?.packet(media)
  }

  #takeRepair({ published, stream }: Source, packet: Uint8Array, nowMs: number): void {
    const original = unwrapRtx(packet, readRtpHeader(packet), stream.ssrc, published.payloadType)
    if (!original) return
    const media = stream.take(original, readRtpHeader(original), true, nowMs)
    if (!media) return
    this.#repaired++
    this.#feed?.packet(media)
  }

  #reported(report: SenderReport, nowMs: number): void {
    const source = this.#sources.bySsrc(report.ssrc)
    if (source && !source.repairs) source.stream.reported(report, nowMs)
  }

  #askAgain(nowMs: number): void {
    for (const { nacks, ssrc, track, layer } of this.#sources.streams) {
      const { ms } = this.#roundTrip
      if (ms !== undefined) nacks.setRtt(ms)
      const sequences = nacks.due(nowMs)
      const published = this.#deps.tracks.find((each) => each.track === track)
      if (sequences.length > 0 && published?.nack) {
        this.#nacks += sequences.length
        this.#send([{ type: 'nack', senderSsrc: this.#ssrc, mediaSsrc: ssrc, sequences }])
      }
      if (nacks.takeOverflow() && track.kind === 'video') this.requestKeyFrame(track, layer)
    }
  }

  /** Feedback goes behind a report, as those want it who have not agreed on RTCP of reduced size. */
  #send(packets: readonly RtcpPacket[]): void {
    this.#link?.sendRtcp([{ type: 'rr', ssrc: this.#ssrc, reports: [] }, ...packets])
  }
}
