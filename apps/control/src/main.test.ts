import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { newApiToken, newRootSecret } from '@millrace/auth'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'

let pg: TestPostgres
before(async () => {
  pg = await startTestPostgres()
})
after(() => pg.close())

const adminToken = newApiToken()
const secret = newRootSecret()

interface Started {
  child: ChildProcess
  output: () => string
}

function start(t: test.TestContext, environment: Record<string, string>): Started {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'main.ts')], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      MILLRACE_LOG: 'json',
      DATABASE_URL: pg.url,
      MILLRACE_SECRET: secret,
      MILLRACE_HOST: '127.0.0.1',
      MILLRACE_CONTROL_PORT: '0',
      MILLRACE_ADMIN_TOKEN: adminToken,
      ...environment,
    },
  })
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  t.after(() => child.kill('SIGKILL'))
  return { child, output: () => output }
}

async function ready({ child, output }: Started): Promise<string> {
  const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(30_000) })) as [
    { type: string; info: { port: number } },
  ]
  assert.equal(message.type, 'ready', output())
  return `http://127.0.0.1:${message.info.port}`
}

const get = (url: string) => fetch(url, { headers: { authorization: `Bearer ${adminToken}` } })

test('it starts on an empty database, serves, survives a restart of the database, and ends at SIGTERM', async (t) => {
  const started = start(t, {})
  const base = await ready(started)
  assert.equal((await get(`${base}/v1/vhosts`)).status, 200)
  await pg.restart(async () => {
    const response = await get(`${base}/v1/vhosts`)
    assert.equal(response.status, 503)
    assert.ok(Number(response.headers.get('retry-after')) > 0)
    assert.equal(((await response.json()) as { code: string }).code, 'DATABASE_UNAVAILABLE')
  })
  // it comes back by itself; connections that were cut may cost a request or two
  let status = 0
  for (let tries = 0; status !== 200 && tries < 100; tries++) {
    status = (await get(`${base}/v1/vhosts`)).status
    if (status !== 200) await delay(20)
  }
  assert.equal(status, 200)
  const idle = net.connect(Number(new URL(base).port), '127.0.0.1')
  await once(idle, 'connect')
  idle.on('error', () => {})
  started.child.kill('SIGTERM')
  const [code] = await once(started.child, 'close', { signal: AbortSignal.timeout(5000) })
  idle.destroy()
  assert.equal(code, 0, started.output())
  assert.match(started.output(), /"msg":"ready"/)
  assert.ok(!started.output().includes(adminToken) && !started.output().includes(secret))
})

test('several that start at once on one empty database all come up', async (t) => {
  const empty = new URL(pg.url)
  empty.pathname = new URL(await pg.createDatabase()).pathname
  const all = Array.from({ length: 3 }, () => start(t, { DATABASE_URL: empty.href }))
  const bases = await Promise.all(all.map(ready))
  for (const base of bases) assert.equal((await get(`${base}/v1/streams`)).status, 200)
  for (const { child } of all) child.kill('SIGINT')
  for (const { child } of all) if (child.exitCode === null) await once(child, 'close')
})

test('a token of the environment replaces the one set before', async (t) => {
  const first = start(t, {})
  await ready(first)
  first.child.kill('SIGTERM')
  await once(first.child, 'close')
  const base = await ready(start(t, { MILLRACE_ADMIN_TOKEN: newApiToken() }))
  assert.equal((await get(`${base}/v1/streams`)).status, 401)
})

test('a wrong setting ends it with 1, one line and the reason for the supervisor', async (t) => {
  const { child, output } = start(t, { MILLRACE_SECRET: 'hunter2' })
  const [message] = (await once(child, 'message')) as [{ type: string; code: string; message: string }]
  assert.deepEqual([message.type, message.code], ['failed', 'SETTINGS_INVALID'])
  assert.match(message.message, /^MILLRACE_SECRET: /)
  const [code] = await once(child, 'close')
  assert.equal(code, 1)
  assert.ok(!output().includes('hunter2'))
})

test('a taken port ends it with 1 and names the port', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const { child } = start(t, { MILLRACE_CONTROL_PORT: String(port) })
  const [message] = (await once(child, 'message')) as [{ code: string; message: string; port: number }]
  assert.deepEqual([message.code, message.port], ['LISTEN_FAILED', port])
  assert.match(message.message, /taken/)
  assert.equal((await once(child, 'close'))[0], 1)
})
