import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { setPriority } from 'node:os'

import type { Scope } from '@millrace/core'

import { SupportError } from '../../support/errors.ts'
import { Program, type ProgramOptions } from '../../support/program.ts'

export type Protocol = 'flv' | 'rtmp'

/** A server under test that is up; it ends with the scope it was started in. */
export interface MediaServer {
  /** The one process that serves. */
  readonly pid: number
  readonly publishUrl: string
  playUrl(protocol: Protocol): string
  /** What it printed, newest last. */
  readonly output: string
}

/** A kind of server that can be measured. */
export interface ServerKind {
  readonly name: string
  readonly protocols: readonly Protocol[]
  /** Whether it merges writes over `flushMs`; the others are measured once. */
  readonly mergesWrites: boolean
  start(scope: Scope, options: { readonly flushMs: number }): Promise<MediaServer>
}

/** Core of the server; everything else stays on `OTHERS_CORE`. */
const SERVER_CORE = 0
const OTHERS_CORE = 1

/** Starts `command` alone on the server's core, before others (where the user may), with all the file descriptors it can get. */
export function startPinned(scope: Scope, command: readonly string[], options: ProgramOptions = {}): Promise<Program> {
  const wrapper = `ulimit -n "$(ulimit -H -n)"; exec taskset -c ${SERVER_CORE} nice -n -15 "$@"`
  return Program.start(scope, 'sh', ['-c', wrapper, 'sh', ...command], options)
}

/** Waits until something accepts connections on a port of 127.0.0.1, as long as `program` runs. */
export async function listening(program: Program, port: number, timeoutMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (program.running && performance.now() < deadlineMs) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new SupportError('SUPPORT_NOT_LISTENING', `nothing listens on port ${port}:\n${program.output.slice(-4_000)}`)
}

/** Moves this program, and with it all that it starts but the server, off the server's core and before the rest of the machine. */
export function takeOthersCore(): void {
  spawnSync('taskset', ['-a', '-c', '-p', String(OTHERS_CORE), String(process.pid)])
  try {
    setPriority(-10)
  } catch {
    console.error('only root may go before other programs: a busy machine will show in the figures')
  }
}
