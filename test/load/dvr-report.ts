import type { ProcessSample } from './process-sample.ts'
import { CLIP_MEGABITS_PER_SECOND } from './publisher.ts'
import type { Recorded } from './servers/recorder.ts'

/** One server that received, and perhaps recorded, all streams for a while. */
export interface DvrMeasurement {
  readonly name: string
  readonly streams: number
  /** Before any publisher. */
  readonly idle: ProcessSample
  /** Both ends of the measured window. */
  readonly from: ProcessSample
  readonly to: ProcessSample
  readonly recordedBefore: Recorded
  readonly recorded: Recorded
  /** Most of what was seen within the window. */
  readonly peakMb: number
  readonly spoolBytes: number
  /** Of the machine in its last minute, by all that ran there. */
  readonly load: number
}

interface Column {
  readonly title: string
  readonly value: (measurement: DvrMeasurement) => string
}

const secondsOf = ({ from, to }: DvrMeasurement): number => (to.atMs - from.atMs) / 1000
const cpuOf = ({ from, to }: DvrMeasurement): number => to.cpuSeconds - from.cpuSeconds
const gigabitsOf = (m: DvrMeasurement): number => (m.streams * secondsOf(m) * CLIP_MEGABITS_PER_SECOND) / 1000
const perGigabit = (m: DvrMeasurement): number => cpuOf(m) / gigabitsOf(m)
const share = (m: DvrMeasurement, kind: 'busy' | 'steal'): number =>
  (100 * (m.to.machine[kind] - m.from.machine[kind])) / (m.to.machine.all - m.from.machine.all)
const recordedMegabits = (m: DvrMeasurement): number =>
  ((m.recorded.bytes - m.recordedBefore.bytes) * 8) / 1e6 / secondsOf(m)

const COLUMNS: readonly Column[] = [
  { title: 'server', value: ({ name }) => name },
  { title: 'recorded Mbit/s', value: (m) => recordedMegabits(m).toFixed(0) },
  { title: 'lost', value: ({ recorded }) => String(recorded.lostSegments) },
  { title: 'CPU %', value: (m) => ((100 * cpuOf(m)) / secondsOf(m)).toFixed(1) },
  { title: '% a stream', value: (m) => ((100 * cpuOf(m)) / secondsOf(m) / m.streams).toFixed(2) },
  { title: 'CPU-s/Gbit', value: (m) => perGigabit(m).toFixed(3) },
  { title: 'RSS MB', value: ({ to }) => to.residentMb.toFixed(0) },
  { title: 'peak', value: ({ peakMb }) => peakMb.toFixed(0) },
  { title: 'MB a stream', value: ({ idle, to, streams }) => ((to.residentMb - idle.residentMb) / streams).toFixed(2) },
  { title: 'lag p50 ms', value: (m) => latencyMs(m, 0.5) },
  { title: 'p99 ms', value: (m) => latencyMs(m, 0.99) },
  { title: 'spool MB', value: ({ spoolBytes }) => (spoolBytes / 2 ** 20).toFixed(1) },
  { title: 'machine %', value: (m) => share(m, 'busy').toFixed(0) },
  { title: 'steal %', value: (m) => share(m, 'steal').toFixed(1) },
  { title: 'load', value: ({ load }) => load.toFixed(1) },
]

/** A table for people: one line a run. CPU-s/Gbit is of media that was published, whether it was recorded or not. */
export function dvrTable(measurements: readonly DvrMeasurement[]): string {
  const rows = [COLUMNS.map(({ title }) => title), ...measurements.map((m) => COLUMNS.map(({ value }) => value(m)))]
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

/** From the end of segments to their storage, of those stored in the window: within its bucket a value is interpolated. */
function latencyMs({ recordedBefore, recorded }: DvrMeasurement, quantile: number): string {
  const counts = recorded.latency.map(({ seconds, count }, i) => ({
    seconds,
    count: count - (recordedBefore.latency[i]?.count ?? 0),
  }))
  const wanted = (counts.at(-1)?.count ?? 0) * quantile
  if (wanted === 0) return '-'
  const at = counts.findIndex(({ count }) => count >= wanted)
  const [below, bucket] = [counts[at - 1] ?? { seconds: 0, count: 0 }, counts[at]]
  if (!bucket || bucket.seconds === Infinity) return `>${below.seconds * 1000}`
  const part = (wanted - below.count) / (bucket.count - below.count)
  return ((below.seconds + part * (bucket.seconds - below.seconds)) * 1000).toFixed(0)
}
