import { deriveKeyring } from '@millrace/auth'
import { type Logger, ServiceError } from '@millrace/core'
import { connect, migrateDatabase, openDb, type Sql } from '@millrace/db'
import { createLogger, logLevel } from '@millrace/telemetry'
import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda'

import { type ControlApp, createApp } from './app.ts'
import { ensureDefaults } from './services/bootstrap.ts'
import { readSettings, type Settings } from './settings.ts'
import { drainDepsOf, environmentTokensOf } from './wiring.ts'
import manifest from '../package.json' with { type: 'json' }

/** A container serves one request at a time; the second connection is for work beside a transaction. */
const POOL_SIZE = 2
/** Connections of a container that nobody asks anything are given back. */
const IDLE_TIMEOUT_MS = 20_000

/** What a container keeps between its invocations. */
interface Container {
  settings: Settings
  log: Logger
  sql: Sql
  app: ControlApp
}

// made by the first invocation, kept by the container
let container: Container | undefined

/** The REST API, for API Gateway (HTTP API, payload 2.0) and function URLs. */
export async function handler(event: LambdaEvent, context?: LambdaContext) {
  return handle(theContainer().app)(event, context)
}

/** For a schedule: `POST /internal/drain` without a way through the network. Returns its report. */
export async function drain(): Promise<unknown> {
  const { app, settings } = theContainer()
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
  const { settings, sql } = theContainer()
  await migrateDatabase(settings.databaseUrl, settings.migrationsDir)
  await ensureDefaults(openDb(sql), deriveKeyring(settings.secret), environmentTokensOf(settings))
}

/** Closes the container's connections; the next invocation opens them again. Tests need it, Lambda never calls it. */
export async function close(): Promise<void> {
  const closing = container
  container = undefined
  await closing?.sql.end({ timeout: 1 })
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
  const drainDeps = drainDepsOf(settings, { db, keyring, log })
  const app = createApp({
    db,
    keyring,
    log,
    version: manifest.version,
    hookAllow: settings.webhookAllow,
    requestsPerMinute: settings.requestsPerMinute,
    ...(settings.corsOrigins === undefined ? {} : { corsOrigins: settings.corsOrigins }),
    ...(drainDeps === undefined ? {} : { drain: drainDeps }),
  })
  return { settings, log, sql, app }
}
