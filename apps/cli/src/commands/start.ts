import { spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import { fileURLToPath } from 'node:url'

import { expectWords, readArguments } from '../arguments.ts'
import type { Command } from '../command.ts'

const USAGE = 'millrace start'

/** `millrace start`: everything on this machine, as `npm start` runs it, until a signal ends it. */
export const start: Command = async (args, { env }) => {
  expectWords(readArguments(args, {}, USAGE).words, [], USAGE)
  const main = fileURLToPath(new URL('../../../standalone/src/main.ts', import.meta.url))
  // the channel tells it when this process has gone
  const child = spawn(process.execPath, [main], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: { ...env } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return code ?? 128 + (signal === null ? 0 : os.constants.signals[signal])
}
