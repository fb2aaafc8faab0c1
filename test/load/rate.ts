/** What a run of equal calls came to. */
export interface Rate {
  readonly what: string
  readonly calls: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Value below which `share` of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Makes `calls` calls, `concurrency` at a time; a call that rejects ends the run. */
export async function measureRate(
  what: string,
  { calls, concurrency }: { calls: number; concurrency: number },
  call: (index: number) => Promise<unknown>,
): Promise<Rate> {
  const samples: number[] = []
  let next = 0
  async function caller(): Promise<void> {
    while (next < calls) {
      const index = next++
      const startedMs = performance.now()
      await call(index)
      samples.push(performance.now() - startedMs)
    }
  }
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: concurrency }, caller))
  const seconds = (performance.now() - startedMs) / 1000
  return { what, calls, perSecond: calls / seconds, p50Ms: percentile(samples, 0.5), p99Ms: percentile(samples, 0.99) }
}

/** A table for people, one line a run. */
export function rateTable(rates: readonly Rate[]): string {
  const rows = [
    ['', 'calls', 'per second', 'p50 ms', 'p99 ms'],
    ...rates.map(({ what, calls, perSecond, p50Ms, p99Ms }) => [
      what,
      String(calls),
      perSecond.toFixed(0),
      p50Ms.toFixed(2),
      p99Ms.toFixed(2),
    ]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .join('\n')
}
