import type { ExtractTablesWithRelations } from 'drizzle-orm'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import { drizzle, type PostgresJsDatabase, type PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'

import { dbErrorCode } from './errors.ts'
import * as schema from './schema.ts'

/** How to connect. */
export interface ConnectOptions {
  /** Most connections, default 10. */
  maxConnections?: number
  /** How long one attempt to connect may take, default 5 s. */
  connectTimeoutMs?: number
  /** A connection that nobody used for so long is closed; default none. */
  idleTimeoutMs?: number
  /** The server cancels a statement that takes longer; default none. */
  statementTimeoutMs?: number
  /** Shown in `pg_stat_activity`. */
  applicationName?: string
  /** False behind a transaction pooler; default true. */
  preparedStatements?: boolean
}

/** A pool of connections (postgres.js); it connects when first used and again after each loss. */
export type Sql = postgres.Sql

/** The typed database on such a pool. */
export type Db = PostgresJsDatabase<typeof schema>

/** A transaction. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]

/** The database or a transaction on it, for reads. */
export type Queryable = PgDatabase<PostgresJsQueryResultHKT, typeof schema, ExtractTablesWithRelations<typeof schema>>

/**
 * A pool for `postgres://user:password@host:port/database`, also with libpq's `?host=/socket/dir`, which postgres.js
 * doesn't read from a URL. Close it with `sql.end({ timeout: seconds })`.
 */
export function connect(url: string, options: ConnectOptions = {}): Sql {
  const {
    maxConnections = 10,
    connectTimeoutMs = 5000,
    applicationName = 'millrace',
    preparedStatements = true,
    statementTimeoutMs,
    idleTimeoutMs,
  } = options
  const parsed = new URL(url)
  const socketDir = parsed.searchParams.get('host')
  parsed.searchParams.delete('host')
  return postgres(parsed.href, {
    max: maxConnections,
    connect_timeout: connectTimeoutMs / 1000,
    prepare: preparedStatements,
    ...(idleTimeoutMs === undefined ? {} : { idle_timeout: idleTimeoutMs / 1000 }),
    connection: {
      application_name: applicationName,
      ...(statementTimeoutMs === undefined ? {} : { statement_timeout: statementTimeoutMs }),
    },
    onnotice() {},
    ...(socketDir === null ? {} : { host: socketDir }),
  })
}

/** The typed database over a pool. The pool's own serialisers are changed by it: use another pool for raw SQL with JSON. */
export function openDb(sql: Sql): Db {
  return drizzle({ client: sql, schema, casing: 'snake_case' })
}

const MAX_TRIES = 4

/**
 * Runs `work` in one transaction: commits when it returns, rolls back when it throws, and passes on what it threw. After a
 * deadlock or serialisation failure it runs again (at most 4 times in all), so `work` must change nothing but the database.
 */
export async function transaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction(work)
    } catch (error) {
      const code = dbErrorCode(error)
      if ((code !== '40P01' && code !== '40001') || tries === MAX_TRIES) throw error
    }
  }
}
