/** `npm start`: everything on this machine, as one tree of processes. */
import { Scope, errorCode } from '@millrace/core'
import { createLogger, logLevel } from '@millrace/telemetry'

import { banner } from './banner.ts'
import { failureLine } from './failure.ts'
import { readSettings } from './settings.ts'
import { startTree } from './tree.ts'
import manifest from '../package.json' with { type: 'json' }

/** After this everything is killed. */
const CLOSE_TIMEOUT_MS = 5000
/** npm passes on a signal that the terminal sends too: only a later one is a person who will not wait. */
const SAME_SIGNAL_MS = 1000

const log = createLogger({ name: 'standalone', level: logLevel(process.env['MILLRACE_LOG_LEVEL']) })
const scope = new Scope()
const stop = new AbortController()
let stoppedMs = 0

function stopped(reason: string, error?: unknown): void {
  if (stop.signal.aborted) return
  stoppedMs = performance.now()
  stop.abort()
  log.debug({ reason }, 'closing')
  void finish(error)
}

async function finish(error: unknown): Promise<void> {
  const timer = setTimeout(() => process.exit(1), CLOSE_TIMEOUT_MS)
  await starting
  await scope.close().catch((err: unknown) => log.error({ err }, 'closing failed'))
  clearTimeout(timer)
  if (error !== undefined) process.stderr.write(`millrace: ${failureLine(error, process.env)}\n`)
  process.exit(error === undefined ? 0 : 1)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // the children see that this process has gone, and PostgreSQL gets a signal at its death
    if (stop.signal.aborted && performance.now() - stoppedMs > SAME_SIGNAL_MS) process.exit(1)
    stopped(signal)
  })
}
process.on('disconnect', () => stopped('the program that started this one has gone'))
// the terminal or the reader of our output has gone: not a reason to end a broadcast
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

const starting = startTree(scope, readSettings(process.env), {
  log,
  stop: stop.signal,
  onLost: (error) => stopped(errorCode(error), error),
}).then(
  (tree) => {
    if (!stop.signal.aborted) process.stdout.write(banner(tree, manifest.version))
  },
  (error: unknown) => stopped(errorCode(error), error),
)
