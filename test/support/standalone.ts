import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import type { Scope } from '@millrace/core'
import { processStart } from '@millrace/db/embedded'

import { SupportError } from './errors.ts'
import { eventually } from './eventually.ts'
import { Program } from './program.ts'

const MAIN = path.resolve(import.meta.dirname, '../../apps/standalone/src/main.ts')

const FREE_PORTS = {
  MILLRACE_HOST: '127.0.0.1',
  MILLRACE_PUBLIC_HOST: '127.0.0.1',
  MILLRACE_CONTROL_PORT: '0',
  MILLRACE_RTMP_PORT: '0',
  MILLRACE_HTTP_PORT: '0',
  MILLRACE_NODE_API_PORT: '0',
  MILLRACE_RTC: 'off',
}

/** Starts the whole tree as `npm start` does, on free ports of 127.0.0.1; doesn't wait. */
export function startStandaloneProgram(
  scope: Scope,
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  return Program.start(scope, process.execPath, [MAIN], {
    env: { ...FREE_PORTS, MILLRACE_DATA: dataDir, MILLRACE_LOG: 'json', ...env },
  })
}

/** A whole installation. */
export class Standalone {
  readonly program: Program
  readonly dataDir: string

  private constructor(program: Program, dataDir: string) {
    this.program = program
    this.dataDir = dataDir
  }

  /** Starts it and waits until it says that it is running; it ends with `scope`. */
  static async start(scope: Scope, dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<Standalone> {
    const program = await startStandaloneProgram(scope, dataDir, env)
    await program.line(/^Ctrl-C stops everything/, 60_000)
    return new Standalone(program, dataDir)
  }

  /** What is printed beside a label of the list of addresses, up to the first blank. */
  printed(label: string): string {
    const line = this.program.output.split('\n').find((text) => text.startsWith(`  ${label} `))
    const value = line?.slice(label.length + 2).trim()
    if (!value) throw new SupportError('SUPPORT_NOT_PRINTED', `nothing is printed for ${label}`)
    return value.split(/[ ,]/)[0] ?? ''
  }

  get controlUrl(): string {
    return this.printed('REST API').replace(/\/v1$/, '')
  }

  get httpUrl(): string {
    return this.printed('watch page')
  }

  /** `rtmp://` URL of `app/name`, with a query if wanted. */
  rtmpUrl(stream: string): string {
    return this.printed('RTMP').replace('APP/STREAM', stream)
  }

  /** Calls the API with the admin token; a body makes it a POST. Rejects with `SUPPORT_API` unless it answers 2xx. */
  async api<T>(resource: string, body?: unknown, method = body === undefined ? 'GET' : 'POST'): Promise<T> {
    const token = readFileSync(path.join(this.dataDir, 'admin-token'), 'utf8').trim()
    const response = await fetch(`${this.controlUrl}/v1/${resource}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new SupportError('SUPPORT_API', `${resource}: ${response.status} ${text}`)
    return JSON.parse(text) as T
  }

  /** Pids of the child programs by name, and of `postgres`. */
  pids(): Readonly<Record<string, number>> {
    return childPids(this.dataDir)
  }

  /** `kill -9` of every process at once, and waits until they are gone. */
  async killAll(): Promise<void> {
    const pids = [this.program.pid, ...Object.values(this.pids())]
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await gone(pids)
  }
}

/** Pids of the programs that an installation in `dataDir` has started so far, by name, and of `postgres`. */
export function childPids(dataDir: string): Readonly<Record<string, number>> {
  const file = path.join(dataDir, 'processes.json')
  const children = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { name: string; pid: number }[]) : []
  const postmaster = path.join(dataDir, 'postgres/data/postmaster.pid')
  return {
    ...Object.fromEntries(children.map(({ name, pid }) => [name, pid])),
    ...(existsSync(postmaster) && { postgres: Number.parseInt(readFileSync(postmaster, 'utf8'), 10) }),
  }
}

/** Waits until none of the processes exists any more. */
export async function gone(pids: readonly number[]): Promise<void> {
  await eventually('no process left', () => pids.every((pid) => processStart(pid) === undefined))
}
