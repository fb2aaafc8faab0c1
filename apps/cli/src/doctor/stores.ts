import { constants } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'

import { errorCode, errorMessage } from '@millrace/core'
import { connect, migrationState } from '@millrace/db'
import { runningPostgresUrl } from '@millrace/db/embedded'
import { openQueues } from '@millrace/jobs'

import { dataDir, type Env } from '../context.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

/** Whether the folder of this installation can be written, or made. */
export async function checkDataDir(env: Env): Promise<Finding> {
  const dir = dataDir(env)
  try {
    let existing = dir
    while (!(await exists(existing))) existing = path.dirname(existing)
    await fs.access(existing, constants.W_OK | constants.X_OK)
    if ((await fs.stat(existing)).isDirectory()) {
      return ok('data directory', existing === dir ? `${dir} is writable` : `${dir} can be made`)
    }
    return fail('data directory', `${existing} is no folder`, 'choose another with MILLRACE_DATA')
  } catch (error) {
    return fail(
      'data directory',
      `${dir}: ${errorCode(error)}`,
      'make it writable, or choose another with MILLRACE_DATA',
    )
  }
}

/** Whether database and queue answer, and whether the database is up to date. */
export async function checkStores(env: Env): Promise<Finding[]> {
  const databaseUrl = env['DATABASE_URL'] || (await runningPostgresUrl(path.join(dataDir(env), 'postgres')))
  if (databaseUrl === undefined) {
    const text = 'the embedded one does not run, and DATABASE_URL is not set'
    return [warn('database', text, 'millrace start, or set DATABASE_URL')]
  }
  const database = await checkDatabase(databaseUrl)
  if (database.some(({ level }) => level === 'fail') && !env['QUEUE_URL']) return database
  return [...database, await checkQueue(env['QUEUE_URL'] || databaseUrl)]
}

async function checkDatabase(url: string): Promise<Finding[]> {
  try {
    const sql = connect(url, { maxConnections: 1 })
    const [row] = await sql`show server_version`.finally(() => sql.end({ timeout: 1 }))
    const answers = ok('database', `PostgreSQL ${String(row?.['server_version'])} answers`)
    return [answers, await checkMigrations(url)]
  } catch (error) {
    return [fail('database', errorMessage(error) || errorCode(error), 'start it, or correct DATABASE_URL')]
  }
}

async function checkMigrations(url: string): Promise<Finding> {
  const { pending, unknown } = await migrationState(url)
  if (pending > 0) return warn('migrations', `${pending} to do`, 'start the control plane, which does them')
  if (unknown > 0) {
    return fail(
      'migrations',
      `the database has ${unknown} that this version does not know`,
      'run the newer version of Millrace',
    )
  }
  return ok('migrations', 'all done')
}

async function checkQueue(url: string): Promise<Finding> {
  const kind = URL.canParse(url) ? new URL(url).protocol.slice(0, -1) : 'unknown'
  try {
    const queues = await openQueues(url, { poolSize: 1 })
    try {
      return ok('queue', `${kind} answers, ${await queues.size('webhook-deliveries')} deliveries in it`)
    } finally {
      await queues.close()
    }
  } catch (error) {
    return fail('queue', `${kind}: ${errorMessage(error)}`, 'start it, or correct QUEUE_URL')
  }
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  )
}
