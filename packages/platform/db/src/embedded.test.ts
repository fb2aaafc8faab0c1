import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { CodedError } from '@millrace/core'

import { processStart, servesDataDir } from './embedded/process.ts'
import { runningPostgresUrl, startPostgres } from './embedded.ts'
import { connect } from './index.ts'

async function temporaryDir(t: test.TestContext): Promise<string> {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'millrace-test-embedded-'))
  t.after(() => fs.rm(dir, { recursive: true, force: true }))
  return dir
}

const coded = (code: string) => (error: unknown) => error instanceof CodedError && error.code === code

async function query(url: string): Promise<string> {
  const sql = connect(url, { maxConnections: 1 })
  try {
    const [row] = await sql`select current_database() as name`
    return row!['name'] as string
  } finally {
    await sql.end()
  }
}

test('starts, keeps data over a restart, and leaves no process, socket or lock behind', async (t) => {
  const dir = await temporaryDir(t)
  const lines: string[] = []
  const first = await startPostgres({ dir, durable: false, log: (line) => lines.push(line) })
  assert.equal(await query(first.url), 'millrace')
  const sql = connect(first.url, { maxConnections: 1 })
  await sql`create table kept (n int)`
  await sql.end()
  await first.stop()
  await first.stop()
  await first.exited
  assert.ok(lines.some((line) => line.includes('database system is shut down')))
  assert.equal(processStart(first.pid), undefined)
  assert.deepEqual((await fs.readdir(dir)).toSorted(), ['data', 'password'])
  await assert.rejects(fs.stat(new URL(first.url).searchParams.get('host')!))

  const second = await startPostgres({ dir, durable: false })
  const again = connect(second.url, { maxConnections: 1 })
  assert.equal((await again`select count(*)::int as n from kept`)[0]!['n'], 0)
  await again.end()
  await second.stop()
})

test('nobody connects without the password, also to a server of before there was one, or whose password was lost', async (t) => {
  const dir = await temporaryDir(t)
  const withoutPassword = (url: string): string => {
    const bare = new URL(url)
    bare.password = ''
    return bare.href
  }
  const denied = { code: '28P01' }
  const first = await startPostgres({ dir, durable: false })
  await assert.rejects(query(withoutPassword(first.url)))
  const wrong = new URL(first.url)
  wrong.password = 'guessed'
  await assert.rejects(query(wrong.href), denied)
  assert.equal((await fs.stat(path.join(dir, 'password'))).mode & 0o777, 0o600)
  await first.stop()

  await fs.writeFile(path.join(dir, 'data', 'pg_hba.conf'), 'local all all trust\n')
  const second = await startPostgres({ dir, durable: false })
  assert.equal(await query(second.url), 'millrace')
  await assert.rejects(query(first.url), denied)
  assert.equal(await runningPostgresUrl(dir), second.url)
  await second.stop()

  await fs.rm(path.join(dir, 'password'))
  const third = await startPostgres({ dir, durable: false })
  assert.equal(await query(third.url), 'millrace')
  await assert.rejects(query(second.url), denied)
  await third.stop()
})

test('a second start on the same folder is refused, and the first goes on', async (t) => {
  const dir = await temporaryDir(t)
  const first = await startPostgres({ dir, durable: false })
  t.after(() => first.stop())
  await assert.rejects(startPostgres({ dir, durable: false }), coded('EMBEDDED_PG_IN_USE'))
  assert.equal(await query(first.url), 'millrace')
})

test('after kill -9 of its owner the server ends, and the next start takes over at once', async (t) => {
  const dir = await temporaryDir(t)
  const { owner, pid } = await startOwner(dir)
  owner.kill('SIGKILL')
  await once(owner, 'close')
  const next = await startPostgres({ dir, durable: false })
  assert.ok(!servesDataDir(pid, path.join(dir, 'data')))
  assert.equal(await query(next.url), 'millrace')
  await next.stop()
})

test('after kill -9 of owner and server the stale postmaster.pid is no obstacle', async (t) => {
  const dir = await temporaryDir(t)
  const { owner, pid } = await startOwner(dir)
  process.kill(pid, 'SIGKILL')
  owner.kill('SIGKILL')
  await once(owner, 'close')
  await fs.stat(path.join(dir, 'data', 'postmaster.pid'))
  const next = await startPostgres({ dir, durable: false })
  assert.equal(await query(next.url), 'millrace')
  await next.stop()
})

test('a stale postmaster.pid whose number belongs to another program by now is removed', async (t) => {
  const dir = await temporaryDir(t)
  const first = await startPostgres({ dir, durable: false })
  const file = path.join(dir, 'data', 'postmaster.pid')
  const content = await fs.readFile(file, 'utf8')
  await first.stop()
  await fs.writeFile(file, content.replace(/^\d+/, String(process.pid)))
  const next = await startPostgres({ dir, durable: false })
  await next.stop()
})

test('a first start that died in the middle is begun anew', async (t) => {
  const dir = await temporaryDir(t)
  await fs.mkdir(path.join(dir, 'data.new'), { recursive: true })
  await fs.writeFile(path.join(dir, 'data.new', 'PG_VERSION'), '18')
  const server = await startPostgres({ dir, durable: false })
  await server.stop()
  assert.deepEqual((await fs.readdir(dir)).toSorted(), ['data', 'password'])
})

test('exited settles when the server dies by itself', async (t) => {
  const dir = await temporaryDir(t)
  const server = await startPostgres({ dir, durable: false })
  process.kill(server.pid, 'SIGQUIT')
  await server.exited
  await server.stop()
})

test('a folder that cannot be made, and data that is none, are told in one line', async (t) => {
  const dir = await temporaryDir(t)
  await fs.writeFile(path.join(dir, 'file'), '')
  await assert.rejects(startPostgres({ dir: path.join(dir, 'file', 'pg') }), coded('EMBEDDED_PG_DIR'))
  await fs.mkdir(path.join(dir, 'data'))
  await fs.writeFile(path.join(dir, 'data', 'PG_VERSION'), '9.4\n')
  await assert.rejects(startPostgres({ dir }), coded('EMBEDDED_PG_START'))
  assert.deepEqual((await fs.readdir(dir)).toSorted(), ['data', 'file', 'password'])
})

/** A process that starts a server on `dir` and stays. */
async function startOwner(dir: string): Promise<{ owner: ReturnType<typeof spawn>; pid: number }> {
  const script = `import { startPostgres } from ${JSON.stringify(import.meta.resolve('./embedded.ts'))}
    const { pid } = await startPostgres({ dir: process.argv[1], durable: false })
    process.send(pid)`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script, dir], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [pid] = (await once(owner, 'message', { signal: AbortSignal.timeout(30_000) })) as [number]
  while (processStart(pid) === undefined) await delay(1)
  return { owner, pid }
}
