import { deriveKeyring } from '@millrace/auth'
import { ServiceError } from '@millrace/core'
import { connect, type Db, migrateDatabase, noteAwake, openDb, type Sql } from '@millrace/db'
import { createLogger, logLevel } from '@millrace/telemetry'
import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda'

import { type ControlApp, createApp } from './app.ts'
import { ensureDefaults } from './services/bootstrap.ts'
import { readSettings, type Settings } from './settings.ts'
import { appDepsOf, environmentTokensOf } from './wiring.ts'

/** A container serves one request at a time; the second connection is for work beside a transaction. */
const POOL_SIZE = 2
/** Connections of a container that nobody asks anything are given back. */
const IDLE_TIMEOUT_MS = 20_000

const PRESENCE_EVERY_MS = 2000

/** What a container keeps between its invocations. */
interface Container {
  settings: Settings
  sql: Sql
  db: Db
  app: ControlApp
  /** When it last said in the database that control is there. */
  notedMs: number
}

// made by the first invocation, kept by the container
let container: Container | undefined

/** The REST API, for API Gateway (HTTP API, payload 2.0) and function URLs. */
export async function handler(event: LambdaEvent, context?: LambdaContext) {
  const used = theContainer()
  await notePresence(used)
  return handle(used.app)(event, context)
}

/** For a schedule: `POST /internal/drain` without a way through the network. Returns its report. */
export async function drain(): Promise<unknown> {
  const used = theContainer()
  const { app, settings } = used
  await notePresence(used)
  const response = await app.request('/internal/drain', {
    method: 'POST',
    headers: { authorization: `Bearer ${settings.drainToken ?? ''}` },
  })
  if (!response.ok) throw new ServiceError('DRAIN_FAILED', `the drain answered ${response.status}`)
  return response.json()
}

/**
 * For each deployment, before it serves: migrates, and makes the defaults and the tokens of the environment. Needs a
 * `DATABASE_URL` that reaches the server itself, not a transaction pooler.
 */
export async function setUp(): Promise<void> {
  const { settings, db } = theContainer()
  await migrateDatabase(settings.databaseUrl, settings.migrationsDir)
  await ensureDefaults(db, deriveKeyring(settings.secret), environmentTokensOf(settings), settings.storageDirs)
}

/** Closes the container's connections; the next invocation opens them again. Tests need it, Lambda never calls it. */
export async function close(): Promise<void> {
  const closing = container
  container = undefined
  await closing?.sql.end({ timeout: 1 })
}

/** Says, now and then, that nodes can reach the control plane: only then is a silent one lost. The API says what fails. */
async function notePresence(used: Container): Promise<void> {
  if (performance.now() - used.notedMs < PRESENCE_EVERY_MS) return
  used.notedMs = performance.now()
  await noteAwake(used.db, new Date()).catch(() => {})
}

function theContainer(): Container {
  return (container ??= wire(readSettings(process.env, { poolSize: POOL_SIZE })))
}

function wire(settings: Settings): Container {
  const log = createLogger({ name: 'control', level: logLevel(process.env['MILLRACE_LOG_LEVEL']) })
  const sql = connect(settings.databaseUrl, {
    maxConnections: settings.poolSize,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    applicationName: 'millrace-control',
    // nothing that a transaction pooler refuses or mixes up: no prepared statements, no start-up parameters
    preparedStatements: false,
  })
  const db = openDb(sql)
  const keyring = deriveKeyring(settings.secret)
  const app = createApp(appDepsOf(settings, { db, keyring, log }))
  return { settings, sql, db, app, notedMs: -Infinity }
}
