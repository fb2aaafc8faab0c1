import { setTimeout as delay } from 'node:timers/promises'

import { deriveKeyring } from '@millrace/auth'
import { backoffMs, errorCode, type Logger, type Scope } from '@millrace/core'
import { connect, isUnavailable, migrateDatabase, openDb } from '@millrace/db'
import { openTracer, runProgram } from '@millrace/telemetry'

import { createApp } from './app.ts'
import { RequestMetrics } from './http/observe.ts'
import { listen } from './listen.ts'
import { keepPresence } from './presence.ts'
import { ensureDefaults } from './services/bootstrap.ts'
import { readSettings } from './settings.ts'
import { appDepsOf, environmentTokensOf, VERSION } from './wiring.ts'

const STATEMENT_TIMEOUT_MS = 10_000
/** How long a start waits for a database that isn't there yet. */
const DATABASE_WAIT_MS = 30_000

/** Opens the control plane on Node: database, migrations, defaults, HTTP. */
async function open(scope: Scope, log: Logger): Promise<Readonly<Record<string, unknown>>> {
  const settings = readSettings(process.env)
  const keyring = deriveKeyring(settings.secret)
  const sql = connect(settings.databaseUrl, {
    maxConnections: settings.poolSize,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    applicationName: 'millrace-control',
  })
  scope.defer(() => sql.end({ timeout: 1 }))
  const db = openDb(sql)
  const { defaultAccess } = await withDatabase(log, scope, async () => {
    if (settings.migrate) await migrateDatabase(settings.databaseUrl, settings.migrationsDir)
    return ensureDefaults(db, keyring, environmentTokensOf(settings), settings.storageDirs)
  })
  if (defaultAccess === 'open') {
    log.warn({}, 'the default vhost is open: anybody who reaches a media node may publish')
  }
  const tracer = await openTracer(scope, 'millrace-control')
  const app = createApp({
    ...appDepsOf(settings, { db, keyring, log }),
    metrics: new RequestMetrics(settings.metricsToken),
    tracer,
  })
  const server = await listen(app, settings.host, settings.port)
  scope.defer(() => server.close())
  scope.defer(keepPresence(db, log))
  const info = { host: server.host, port: server.port, version: VERSION, default_vhost_access: defaultAccess }
  log.info(info, 'ready')
  return info
}

/** Runs `work` until the database is there, for at most half a minute. */
async function withDatabase<T>(log: Logger, scope: Scope, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + DATABASE_WAIT_MS
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!isUnavailable(error) || scope.closed || performance.now() > deadline) throw error
      log.warn({ code: errorCode(error) }, 'waiting for the database')
      await delay(backoffMs(attempt, { baseMs: 100, maxMs: 2000 }))
    }
  }
}

await runProgram({ name: 'control', open, closeTimeoutMs: 3000 })
