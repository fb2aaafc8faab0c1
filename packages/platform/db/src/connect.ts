import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'

import * as schema from './schema.ts'

/** How to connect. */
export interface ConnectOptions {
  /** Most connections, default 10. */
  maxConnections?: number
  /** How long one attempt to connect may take, default 5 s. */
  connectTimeoutMs?: number
  /** Shown in `pg_stat_activity`. */
  applicationName?: string
  /** False behind a transaction pooler; default true. */
  preparedStatements?: boolean
}

/** A pool of connections (postgres.js); it connects when first used and again after each loss. */
export type Sql = postgres.Sql

/** The typed database on such a pool. */
export type Db = PostgresJsDatabase<typeof schema>

/** A transaction, or the database itself where none is needed. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]

/** Either of the two, for reads. */
export type Queryable = Db | Tx

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
  } = options
  const parsed = new URL(url)
  const socketDir = parsed.searchParams.get('host')
  parsed.searchParams.delete('host')
  return postgres(parsed.href, {
    max: maxConnections,
    connect_timeout: connectTimeoutMs / 1000,
    prepare: preparedStatements,
    connection: { application_name: applicationName },
    onnotice() {},
    ...(socketDir === null ? {} : { host: socketDir }),
  })
}

/** The typed database over a pool. The pool's own serialisers are changed by it: use another pool for raw SQL with JSON. */
export function openDb(sql: Sql): Db {
  return drizzle({ client: sql, schema, casing: 'snake_case' })
}

/** Runs `work` in one transaction: commits when it returns, rolls back when it throws, and passes on what it threw. */
export function transaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction(work)
}
