import { fileURLToPath } from 'node:url'

import { drizzle } from 'drizzle-orm/postgres-js'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { migrate } from 'drizzle-orm/postgres-js/migrator'

import { connect } from './connect.ts'

/** Where the numbered SQL files are: `migrations/` at the top of the repository. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../../../migrations', import.meta.url))

/** Any constant of ours, so that two programs that migrate at once wait for each other. */
const LOCK = 0x4d494c4c

/**
 * Brings the database up to date. Any number of processes may call it at once: one works, the others wait and find
 * nothing to do. All pending files run in one transaction. Needs a direct connection, not a transaction pooler.
 */
export async function migrateDatabase(url: string, migrationsDir: string = MIGRATIONS_DIR): Promise<void> {
  // one connection is one session: the advisory lock and the migrations share it
  const sql = connect(url, { maxConnections: 1, applicationName: 'millrace-migrate' })
  try {
    await sql`select pg_advisory_lock(${LOCK})`
    try {
      await migrate(drizzle({ client: sql, casing: 'snake_case' }), { migrationsFolder: migrationsDir })
    } finally {
      await sql`select pg_advisory_unlock(${LOCK})`
    }
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** How far a database is. */
export interface MigrationState {
  /** Migrations that this program knows and the database has not had. */
  pending: number
  /** Migrations that the database has had and this program does not know: a newer one has been here. */
  unknown: number
}

/** Looks how far a database is, and changes nothing. */
export async function migrationState(url: string, migrationsDir: string = MIGRATIONS_DIR): Promise<MigrationState> {
  const sql = connect(url, { maxConnections: 1, applicationName: 'millrace-migrate' })
  try {
    const [table] = await sql`select to_regclass('drizzle.__drizzle_migrations') as name`
    const done = table?.['name'] === null ? [] : await sql`select hash from drizzle.__drizzle_migrations`
    const applied = new Set(done.map((row) => String(row['hash'])))
    const known = readMigrationFiles({ migrationsFolder: migrationsDir }).map(({ hash }) => hash)
    return {
      pending: known.filter((hash) => !applied.has(hash)).length,
      unknown: [...applied].filter((hash) => !known.includes(hash)).length,
    }
  } finally {
    await sql.end({ timeout: 1 })
  }
}
