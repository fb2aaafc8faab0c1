import { codecOf, growth, milliseconds, pathOf, type RtcReport } from './rtc-report.ts'

/** One encoding of the picture that is sent. `null` is not known. */
export interface SentLayer {
  /** Of simulcast; empty without. */
  readonly rid: string
  readonly width: number
  readonly height: number
  readonly frameRate: number | null
  readonly bitrateBps: number | null
  /** What keeps it from being better: `none`, `cpu`, `bandwidth` or `other`. */
  readonly limitation: string
}

/** What a publisher sends, over the last second unless it is a count. */
export interface SentStats {
  readonly rttMs: number | null
  /** Lost packets of those sent, 0 to 1. */
  readonly lossRatio: number | null
  /** As the server measures it. */
  readonly jitterMs: number | null
  /** Picture and sound together. */
  readonly bitrateBps: number | null
  /** RFC 6381 codec strings. */
  readonly videoCodec: string | null
  readonly audioCodec: string | null
  /** Those that are being sent, the largest first. */
  readonly layers: readonly SentLayer[]
  /** Packets asked for again, since the connection began. */
  readonly nacks: number
  /** Key frames asked for, since the connection began. */
  readonly plis: number
  readonly path: string | null
}

/** Sums that the next measurement is compared with: bytes by report, and of which time. */
export interface SentSums {
  readonly atMs: number
  readonly bytes: ReadonlyMap<string, number>
}

/** Reads a measurement of a publisher. `before`: the one a second ago, which rates are counted from. */
export function readSent(
  reports: readonly RtcReport[],
  before: SentSums | undefined,
): { stats: SentStats; sums: SentSums } {
  const outbound = reports.filter(({ type }) => type === 'outbound-rtp')
  const remote = reports.filter(({ type }) => type === 'remote-inbound-rtp')
  const sums: SentSums = {
    atMs: Math.max(0, ...outbound.map(({ timestamp }) => timestamp)),
    bytes: new Map(outbound.map(({ id, bytesSent = 0 }) => [id, bytesSent])),
  }
  const rateOf = ({ id, bytesSent }: RtcReport): number | null => {
    const bytes = growth(bytesSent, before?.bytes.get(id))
    const elapsedMs = sums.atMs - (before?.atMs ?? sums.atMs)
    return bytes === null || elapsedMs <= 0 ? null : Math.round((bytes * 8_000) / elapsedMs)
  }
  const rates = outbound.map(rateOf).filter((rate) => rate !== null)
  const sum = (of: (report: RtcReport) => number | undefined): number =>
    outbound.reduce((total, report) => total + (of(report) ?? 0), 0)
  const codec = (kind: string): string | null =>
    codecOf(reports, outbound.find((report) => report.kind === kind)?.codecId) ?? null
  const { rttMs, path } = pathOf(reports)
  return {
    sums,
    stats: {
      rttMs: largest(remote.map(({ roundTripTime }) => milliseconds(roundTripTime))) ?? rttMs,
      lossRatio: largest(remote.map(({ fractionLost = null }) => fractionLost)),
      jitterMs: largest(remote.map(({ jitter }) => milliseconds(jitter))),
      bitrateBps: rates.length === 0 ? null : rates.reduce((total, rate) => total + rate, 0),
      videoCodec: codec('video'),
      audioCodec: codec('audio'),
      layers: outbound
        .filter(({ kind, active = true, frameWidth }) => kind === 'video' && active && frameWidth !== undefined)
        .map((report) => layerOf(report, rateOf(report)))
        .toSorted((a, b) => b.height - a.height),
      nacks: sum(({ nackCount }) => nackCount),
      plis: sum(({ pliCount }) => pliCount),
      path,
    },
  }
}

function layerOf(report: RtcReport, bitrateBps: number | null): SentLayer {
  const { rid = '', frameWidth = 0, frameHeight = 0, framesPerSecond, qualityLimitationReason = 'none' } = report
  return {
    rid,
    width: frameWidth,
    height: frameHeight,
    frameRate: framesPerSecond === undefined ? null : Math.round(framesPerSecond),
    bitrateBps,
    limitation: qualityLimitationReason,
  }
}

const largest = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}
