import type { LoadResult } from './generator.ts'
import type { Protocol } from './servers/server.ts'

/** One measured run. */
export interface Measurement {
  readonly server: string
  readonly protocol: Protocol
  readonly flushMs: number | null
  readonly frozenPlayers: number
  /** Resident memory of the server with the publisher but before any player. */
  readonly idleRssMb: number
  readonly result: LoadResult
}

interface Column {
  readonly title: string
  readonly value: (measurement: Measurement) => string
}

const fixed = (digits: number, pick: (m: Measurement) => number) => (m: Measurement) => pick(m).toFixed(digits)

const COLUMNS: readonly Column[] = [
  { title: 'server', value: (m) => m.server },
  { title: 'protocol', value: (m) => m.protocol },
  { title: 'flush ms', value: (m) => String(m.flushMs ?? '-') },
  { title: 'players', value: (m) => `${m.result.players}${m.frozenPlayers > 0 ? `+${m.frozenPlayers} frozen` : ''}` },
  { title: 'CPU-s/Gbit', value: fixed(3, (m) => m.result.serverCpuSecondsPerGbit) },
  { title: 'Mbit/s', value: fixed(0, (m) => m.result.megabitsPerSecond) },
  { title: 'slowest', value: fixed(3, (m) => m.result.mediaRateMin) },
  { title: 'stalled', value: fixed(0, (m) => m.result.stalled) },
  { title: 'failed', value: fixed(0, (m) => m.result.failed + m.result.dropped) },
  { title: 'frame p50 ms', value: fixed(0, (m) => m.result.firstFrameMsP50) },
  { title: 'p99 ms', value: fixed(0, (m) => m.result.firstFrameMsP99) },
  { title: 'RSS MB', value: fixed(0, (m) => m.result.serverRssMb) },
  { title: 'peak', value: fixed(0, (m) => m.result.serverPeakRssMb) },
  { title: 'KB/player', value: fixed(1, (m) => ((m.result.serverRssMb - m.idleRssMb) * 1_024) / m.result.players) },
  { title: 'server %', value: fixed(0, (m) => m.result.serverCpuPercent) },
  { title: 'cores %', value: (m) => m.result.coreBusyPercent.map((percent) => percent.toFixed(0)).join(' ') },
  { title: 'generator %', value: fixed(0, (m) => m.result.generatorCpuPercent) },
  { title: 'steal %', value: fixed(1, (m) => m.result.stealPercent) },
]

/** A table for people: one line a measurement. */
export function table(measurements: readonly Measurement[]): string {
  const rows = [COLUMNS.map(({ title }) => title), ...measurements.map((m) => COLUMNS.map(({ value }) => value(m)))]
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

/** What a run of ours misses of what the project promises; empty when it holds all. */
export function missedTargets({ result, flushMs, frozenPlayers }: Measurement): string[] {
  const players = result.players + frozenPlayers
  const maxCpu = (flushMs ?? 0) >= 350 ? 0.08 : 0.25
  const maxRssMb = 130 + (25 * players) / 1_000
  return [
    result.stalled > 0 && `${result.stalled} players stalled`,
    result.failed + result.dropped > 0 && `${result.failed} players failed, ${result.dropped} dropped`,
    result.serverCpuSecondsPerGbit > maxCpu && `more than ${maxCpu} CPU-s per Gbit`,
    result.serverRssMb > maxRssMb && `more than ${maxRssMb.toFixed(0)} MB RSS`,
    result.players <= 2_000 && result.firstFrameMsP99 > 500 && 'first frame later than 500 ms at the 99th percentile',
    result.mediaRateMin < 0.9 && 'a player got media slower than it plays',
  ].filter((missed) => missed !== false)
}
