import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { connect } from './connect.ts'
import { type EmbeddedPostgres, startPostgres } from './embedded.ts'
import { migrateDatabase } from './migrate.ts'

/** A real PostgreSQL for tests, on a folder of its own that goes away with it. */
export interface TestPostgres {
  /** Of an empty database. */
  url: string
  /** Makes a database with the schema in it, a copy of one migrated template, and returns its URL. */
  createDatabase(): Promise<string>
  /** Stops the server and starts it again on the same data and URLs; what happens `meanwhile` finds it down. */
  restart(meanwhile?: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

/** Tests of a file run side by side, each with several programs; a worker alone takes up to 20. */
const MAX_CONNECTIONS = 400

/** Starts one; takes about a second. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const start = () => startPostgres({ dir, durable: false, maxConnections: MAX_CONNECTIONS })
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'millrace-test-pg-'))
  let server: EmbeddedPostgres = await start()
  const { url } = server
  const named = (name: string) => {
    const other = new URL(url)
    other.pathname = `/${name}`
    return other.href
  }
  const create = async (name: string, template = 'template1'): Promise<string> => {
    const sql = connect(url, { maxConnections: 1 })
    try {
      await sql`create database ${sql(name)} template ${sql(template)}`
    } finally {
      await sql.end({ timeout: 5 })
    }
    return named(name)
  }
  let template: Promise<unknown> | undefined
  return {
    url,
    async createDatabase() {
      await (template ??= create('migrated').then((made) => migrateDatabase(made)))
      return create(`test_${randomUUID().replaceAll('-', '')}`, 'migrated')
    },
    async restart(meanwhile) {
      await server.stop()
      await meanwhile?.()
      server = await start()
    },
    async close() {
      await server.stop()
      await fs.rm(dir, { recursive: true, force: true })
    },
  }
}
