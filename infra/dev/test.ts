/**
 * `npm test [PATTERN …]`: installs the real peers the tests talk to, then runs every test file with node's runner.
 * `npm run test:slow`: runs those that have a long version, `*.scale.test.ts`, at full scale.
 */
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

import { installPeers } from './peers.ts'

const SLOWEST_SHOWN = 15

const slow = process.argv[2] === '--slow'
const patterns = process.argv.slice(slow ? 3 : 2)
const suffix = slow ? 'scale.test.ts' : 'test.ts'
const all = ['packages/*/*/src', 'apps/*/src', 'test'].map((folder) => `${folder}/**/*.${suffix}`)
const files = globSync(patterns.length > 0 ? patterns : all).toSorted()
if (files.length === 0) {
  console.error('millrace: no test file matches')
  process.exit(1)
}
installPeers()
if (slow) process.env['MILLRACE_TEST_SCALE'] = 'full'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())
const events = run({
  files: spread(files),
  // the long versions measure; of the others most wait for media, which come in real time
  concurrency: slow ? 1 : availableParallelism() + 1,
  timeout: slow ? 1_200_000 : 300_000,
  signal: stop.signal,
})
const tookMs = new Map<string, number>()
process.exitCode = 1
events.on('test:summary', ({ file, success, duration_ms: ms }) => {
  if (file !== undefined) tookMs.set(path.relative('', file), ms)
  else if (success) process.exitCode = 0
})
events.compose(spec).pipe(process.stdout)
events.once('end', () => {
  const slowest = [...tookMs].toSorted(([, a], [, b]) => b - a).slice(0, SLOWEST_SHOWN)
  process.once('beforeExit', () => {
    console.log(
      `\nthe slowest files:\n${slowest.map(([file, ms]) => `  ${(ms / 1000).toFixed(1)} s  ${file}`).join('\n')}`,
    )
  })
})

/** Those of `test/`, which wait, among those beside the code, which compute: so they share the cores. */
function spread(sorted: readonly string[]): string[] {
  const [waiting, computing] = [true, false].map((wanted) =>
    sorted.filter((file) => file.startsWith('test/') === wanted),
  )
  const placed = [waiting!, computing!].flatMap((group) =>
    group.map((file, i) => ({ file, place: (i + 0.5) / group.length })),
  )
  return placed.toSorted((a, b) => a.place - b.place).map(({ file }) => file)
}
