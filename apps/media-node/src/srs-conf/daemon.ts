import { spawn } from 'node:child_process'

import type { ProgramMessage } from '@millrace/telemetry'

/** Tells the process that stays that it is the one. */
const MARK = 'MILLRACE_DAEMON'

/** Whether this process is the daemon already. Its own children are not to take themselves for one. */
export function isDaemon(): boolean {
  const marked = process.env[MARK] !== undefined
  delete process.env[MARK]
  return marked
}

/**
 * Starts this program again as a daemon: a session of its own, without terminal, input and output. Resolves when it serves, or has
 * failed, with the exit code for whoever waits for that, and what is to be told to people.
 *
 * SRS: it forks twice and doesn't wait; whether the node has come up is known by its log alone.
 */
export function startDaemon(): Promise<{ readonly code: number; readonly failure?: string }> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, [MARK]: '1' },
  })
  return new Promise((resolve) => {
    child.on('message', (message: ProgramMessage) => {
      if (process.connected) process.send?.(message)
      if (message.type === 'failed') return resolve({ code: 1, failure: message.message })
      child.unref()
      resolve({ code: 0 })
    })
    child.on('error', (error) => resolve({ code: 1, failure: error.message }))
    child.on('exit', (code, signal) =>
      resolve({ code: code || 1, failure: `the daemon has ended (${signal ?? code})` }),
    )
  })
}
