import type { EngineStats } from '../state.ts'
import { codecOf, growth, milliseconds, pathOf, type RtcReport } from './rtc-report.ts'

/** What a player receives, and sums that the next measurement is compared with. */
export interface Received {
  readonly stats: EngineStats
  readonly sums: ReceivedSums
}

export interface ReceivedSums {
  readonly atMs: number
  readonly bytes: number
  readonly packets: number
  readonly lost: number
  /** Of the jitter buffer. */
  readonly delayS: number
  readonly emitted: number
}

/** Reads a measurement of a player. `before`: the one a second ago, which rates are counted from. */
export function readReceived(reports: readonly RtcReport[], before: ReceivedSums | undefined): Received {
  const inbound = reports.filter(({ type }) => type === 'inbound-rtp')
  const video = inbound.find(({ kind }) => kind === 'video')
  const audio = inbound.find(({ kind }) => kind === 'audio')
  const sum = (of: (report: RtcReport) => number | undefined): number =>
    inbound.reduce((total, report) => total + (of(report) ?? 0), 0)
  // picture and sound are kept in step: what waits longer says how long both do
  const buffered = (video?.jitterBufferEmittedCount ?? 0) > 0 ? video : audio
  const sums: ReceivedSums = {
    atMs: Math.max(0, ...inbound.map(({ timestamp }) => timestamp)),
    bytes: sum(({ bytesReceived }) => bytesReceived),
    packets: sum(({ packetsReceived }) => packetsReceived),
    lost: sum(({ packetsLost }) => packetsLost),
    delayS: buffered?.jitterBufferDelay ?? 0,
    emitted: buffered?.jitterBufferEmittedCount ?? 0,
  }
  const { rttMs, path } = pathOf(reports)
  const jitterBufferMs = bufferMs(sums, before)
  const bitrateBps = before && rate(sums, before)
  const videoCodec = codecOf(reports, video?.codecId)
  const audioCodec = codecOf(reports, audio?.codecId)
  return {
    sums,
    stats: {
      // what a packet takes to come, and then waits
      ...(jitterBufferMs !== null && { delayMs: jitterBufferMs + Math.round((rttMs ?? 0) / 2) }),
      ...(bitrateBps && { bitrateBps }),
      ...(videoCodec && { videoCodec }),
      ...(audioCodec && { audioCodec }),
      network: {
        rttMs,
        lossRatio: lossRatio(sums, before),
        jitterMs: milliseconds((video ?? audio)?.jitter),
        jitterBufferMs,
        nacks: sum(({ nackCount }) => nackCount),
        freezes: video?.freezeCount ?? 0,
        path,
      },
    },
  }
}

function rate(now: ReceivedSums, before: ReceivedSums): number {
  const bytes = growth(now.bytes, before.bytes) ?? 0
  return now.atMs > before.atMs ? Math.round((bytes * 8_000) / (now.atMs - before.atMs)) : 0
}

function lossRatio(now: ReceivedSums, before: ReceivedSums | undefined): number | null {
  const packets = growth(now.packets, before?.packets)
  // sent again and come after all: then the sum falls
  const lost = Math.max(0, now.lost - (before?.lost ?? now.lost))
  return packets === null || packets + lost === 0 ? null : lost / (packets + lost)
}

function bufferMs(now: ReceivedSums, before: ReceivedSums | undefined): number | null {
  const emitted = growth(now.emitted, before?.emitted)
  const delayS = growth(now.delayS, before?.delayS)
  return emitted === null || delayS === null || emitted === 0 ? null : Math.round((delayS / emitted) * 1000)
}
