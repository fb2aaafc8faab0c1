import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'

import { connect, migrateDatabase, MIGRATIONS_DIR } from './index.ts'
import { startTestPostgres, type TestPostgres } from './testing.ts'

let pg: TestPostgres
before(async () => {
  pg = await startTestPostgres()
})
after(() => pg.close())

test('four processes that migrate an empty database at once all succeed', async () => {
  const script = `import { migrateDatabase } from ${JSON.stringify(import.meta.resolve('./index.ts'))}
    await migrateDatabase(process.argv[1])`
  const exits = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, pg.url], { stdio: 'inherit' })
      const [code] = await once(child, 'close')
      return code as number
    }),
  )
  assert.deepEqual(exits, [0, 0, 0, 0])
  const sql = connect(pg.url, { maxConnections: 1 })
  const [count] = await sql`select count(*)::int as n from drizzle.__drizzle_migrations`
  const files = (await fs.readdir(MIGRATIONS_DIR)).filter((name) => name.endsWith('.sql'))
  assert.equal(count!['n'], files.length)
  await sql.end()
})

test('migrating again changes nothing', () => migrateDatabase(pg.url))

test('the journal lists every file in order, and its times strictly grow', async () => {
  // drizzle skips, without a word, a migration that is older than the last applied one
  const journal = JSON.parse(await fs.readFile(path.join(MIGRATIONS_DIR, 'meta', '_journal.json'), 'utf8')) as {
    entries: { idx: number; when: number; tag: string }[]
  }
  const files = (await fs.readdir(MIGRATIONS_DIR)).filter((name) => name.endsWith('.sql')).toSorted()
  assert.deepEqual(
    journal.entries.map(({ tag }) => `${tag}.sql`),
    files,
  )
  for (const [at, entry] of journal.entries.entries()) {
    assert.equal(entry.idx, at)
    assert.ok(at === 0 || entry.when > journal.entries[at - 1]!.when, entry.tag)
  }
})

test('the tables in the code and the migrations agree', async (t) => {
  const out = await fs.mkdtemp(path.join(os.tmpdir(), 'millrace-test-migrations-'))
  t.after(() => fs.rm(out, { recursive: true, force: true }))
  await fs.cp(MIGRATIONS_DIR, out, { recursive: true })
  const root = path.join(import.meta.dirname, '../../../..')
  const { status, stdout, stderr } = spawnSync(
    path.join(root, 'node_modules/.bin/drizzle-kit'),
    // out is relative to the working folder, whatever it looks like
    [
      'generate',
      '--dialect=postgresql',
      '--casing=snake_case',
      '--name=drift',
      `--out=${path.relative(root, out)}`,
    ].concat(`--schema=${path.relative(root, path.join(import.meta.dirname, 'schema.ts'))}`),
    { cwd: root, encoding: 'utf8' },
  )
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /No schema changes/)
})
