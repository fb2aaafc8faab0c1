import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { newApiToken, newRootSecret } from '@millrace/auth'
import { Scope } from '@millrace/core'
import { connect } from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'
import type { LambdaEvent } from 'hono/aws-lambda'

import { Receiver } from '../../../test/support/webhook-receiver.ts'
import { close, drain, handler, setUp } from './lambda.ts'

const adminToken = newApiToken()
const drainToken = newApiToken()

let pg: TestPostgres
before(async () => {
  pg = await startTestPostgres()
  Object.assign(process.env, {
    DATABASE_URL: pg.url,
    MILLRACE_SECRET: newRootSecret(),
    MILLRACE_ADMIN_TOKEN: adminToken,
    MILLRACE_DRAIN_TOKEN: drainToken,
    MILLRACE_WEBHOOK_ALLOW: '127.0.0.0/8',
    MILLRACE_NODE_LOST_AFTER: '1',
    MILLRACE_LOG_LEVEL: 'error',
  })
  await setUp()
})
after(async () => {
  await close()
  await pg.close()
})

interface Sent {
  body?: string
  base64?: boolean
  query?: string
  headers?: Record<string, string>
  cookies?: string[]
}

/** An event as an HTTP API (payload 2.0) or a function URL sends it. */
function eventOf(method: string, rawPath: string, { body, base64 = false, query = '', headers, cookies }: Sent) {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query,
    ...(cookies === undefined ? {} : { cookies }),
    headers: {
      host: 'abc123.lambda-url.eu-central-1.on.aws',
      authorization: `Bearer ${adminToken}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'abc123',
      authentication: null,
      authorizer: {},
      domainName: 'abc123.lambda-url.eu-central-1.on.aws',
      domainPrefix: 'abc123',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'aws-1',
      routeKey: '$default',
      stage: '$default',
      time: '22/Nov/2026:20:00:00 +0000',
      timeEpoch: 1_795_377_600_000,
    },
    ...(body === undefined ? {} : { body: base64 ? Buffer.from(body).toString('base64') : body }),
    isBase64Encoded: base64,
  } as unknown as LambdaEvent
}

async function send(method: string, path: string, sent: Sent = {}) {
  const result = await handler(eventOf(method, path, sent))
  assert.ok('headers' in result && result.headers)
  return {
    status: result.statusCode,
    headers: result.headers as Record<string, string>,
    base64: result.isBase64Encoded,
    // oxlint-disable-next-line typescript/no-explicit-any -- tests assert on what they read
    body: (/json/.test(String(result.headers['content-type'])) ? JSON.parse(result.body) : result.body) as any,
  }
}

test('JSON in and out, with the headers of the API', async () => {
  const made = await send('POST', '/v1/streams', { body: JSON.stringify({ name: 'news', tags: ['a', 'b'] }) })
  assert.equal(made.status, 201)
  assert.equal(made.base64, false)
  assert.equal(made.headers['etag'], '"1"')
  assert.equal(made.headers['location'], `/v1/streams/${made.body.id}`)
  const read = await send('GET', made.headers['location']!)
  assert.deepEqual(read.body, made.body)
})

test('a body in base64 is the same body', async () => {
  const title = 'Übertragung – 日本'
  const made = await send('POST', '/v1/streams', { body: JSON.stringify({ name: 'b64', title }), base64: true })
  assert.equal(made.status, 201)
  assert.equal(made.body.title, title)
})

test('query, cookies and a verb in the path arrive', async () => {
  const page = await send('GET', '/v1/streams', { query: 'limit=1', cookies: ['a=1', 'b=2'] })
  assert.equal(page.body.data.length, 1)
  assert.match(page.headers['link']!, /limit=1&after=/)
  const { body: endpoint } = await send('POST', '/v1/webhook-endpoints', {
    body: JSON.stringify({ url: 'https://example.com/hook', event_types: ['stream.live', 'test.ping'] }),
  })
  assert.deepEqual(endpoint.event_types, ['stream.live', 'test.ping'])
  const rotated = await send('POST', `/v1/webhook-endpoints/${endpoint.id}:rotate-secret`)
  assert.equal(rotated.status, 200)
  assert.notEqual(rotated.body.secret, endpoint.secret)
  await send('DELETE', `/v1/webhook-endpoints/${endpoint.id}`)
})

test('failures are problems, and what is not text comes in base64', async () => {
  const missing = await send('GET', '/v1/nothing')
  assert.deepEqual([missing.status, missing.body.code], [404, 'ROUTE_NOT_FOUND'])
  const broken = await send('POST', '/v1/streams', { body: '{' })
  assert.deepEqual([broken.status, broken.body.code], [400, 'REQUEST_MALFORMED'])
  const docs = await send('GET', '/docs', { headers: { authorization: '' } })
  assert.match(docs.body, /<title>Millrace API/)
})

test('requests at once share a pool of two connections', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => send('GET', '/v1/streams')))
  assert.ok(answers.every(({ status }) => status === 200))
  const watcher = connect(pg.url, { maxConnections: 1 })
  const [row] =
    await watcher`select count(*)::int as n from pg_stat_activity where application_name = 'millrace-control'`
  await watcher.end()
  assert.ok(row?.['n'] <= 2, `${row?.['n']} connections`)
})

test('the same key from 20 requests at once makes one stream', async () => {
  const body = JSON.stringify({ name: 'once' })
  const headers = { 'idempotency-key': 'same' }
  const answers = await Promise.all(Array.from({ length: 20 }, () => send('POST', '/v1/streams', { body, headers })))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  assert.equal(new Set(answers.map(({ body: made }) => made.id)).size, 1)
})

test('only the drain token may drain', async () => {
  const call = (authorization: string) => send('POST', '/internal/drain', { headers: { authorization } })
  assert.equal((await call('')).body.code, 'TOKEN_MISSING')
  assert.equal((await call(`Bearer ${adminToken}`)).body.code, 'TOKEN_INVALID')
  assert.equal((await call(`Bearer ${drainToken}`)).status, 200)
  const { body } = await send('GET', '/v1/openapi.json')
  assert.ok(!('/internal/drain' in body.paths))
})

test('without any worker, draining alone finds that the last node is lost, once it has listened for it', async () => {
  const { body: node } = await send('POST', '/node/v1/register', {
    body: JSON.stringify({ name: 'silent', boot_id: crypto.randomUUID(), version: '1', addresses: {} }),
  })
  const sql = connect(pg.url, { maxConnections: 1 })
  const state = async () => (await sql`select state from nodes where id = ${node.node_id}`)[0]?.['state']
  try {
    await sql`update nodes set last_seen_at = now() - interval '1 hour' where id = ${node.node_id}`
    await sql`update control_presence set awake_since = now() - interval '2 hours', last_awake_at = now() - interval '1 hour'`
    await drain()
    assert.equal(await state(), 'lost')
    const events = await sql`select type from events where subject_id = ${node.node_id} order by seq`
    assert.deepEqual(events.at(-1)?.['type'], 'node.lost')
  } finally {
    await sql.end({ timeout: 1 })
  }
})

test('without any worker, events are delivered by draining alone, in order and once', async () => {
  const scope = new Scope()
  try {
    const receiver = await Receiver.start(scope)
    const { body: endpoint } = await send('POST', '/v1/webhook-endpoints', {
      body: JSON.stringify({ url: receiver.url, event_types: ['test.ping'] }),
    })
    receiver.secret = endpoint.secret
    const pings: string[] = []
    for (let i = 0; i < 20; i++) {
      pings.push((await send('POST', `/v1/webhook-endpoints/${endpoint.id}:test`)).body.event_id)
    }
    assert.equal(receiver.received.length, 0)
    const reports = await Promise.all([drain(), drain(), drain()])
    assert.deepEqual(
      receiver.received.map(({ id }) => id),
      pings,
    )
    const total = (reports as { attempts: number }[]).reduce((sum, { attempts }) => sum + attempts, 0)
    assert.equal(total, 20)
    // a range again, of which the job is worked on by the next drain
    const range = { from: '2020-01-01T00:00:00Z', to: new Date(Date.now() + 60_000).toISOString() }
    const { status, body: job } = await send('POST', `/v1/webhook-endpoints/${endpoint.id}:redeliver`, {
      body: JSON.stringify(range),
    })
    assert.deepEqual([status, job.status], [202, 'queued'])
    await drain()
    assert.deepEqual(
      receiver.received.slice(20).map(({ id }) => id),
      pings,
    )
    const { body: finished } = await send('GET', `/v1/jobs/${job.id}`)
    assert.deepEqual([finished.status, finished.done, finished.total], ['succeeded', 20, 20])
  } finally {
    await scope.close()
  }
})

test('while a secret is being replaced, receivers with the old and with the new one both verify', async () => {
  const scope = new Scope()
  try {
    const receiver = await Receiver.start(scope)
    const { body: endpoint } = await send('POST', '/v1/webhook-endpoints', {
      body: JSON.stringify({ url: receiver.url, event_types: ['test.ping'] }),
    })
    const path = `/v1/webhook-endpoints/${endpoint.id}`
    const rotate = (body: string) => send('POST', `${path}:rotate-secret`, { body })
    const ping = async (secret: string): Promise<[number, number]> => {
      receiver.secret = secret
      await send('POST', `${path}:test`)
      await drain()
      return [receiver.received.length, receiver.refused]
    }
    const { body: second } = await rotate('{}')
    const leftMs = Date.parse(second.previous_secret_expires_at) - Date.now()
    assert.ok(Math.abs(leftMs - 24 * 3_600_000) < 60_000)
    assert.deepEqual(await ping(endpoint.secret), [1, 0])
    assert.deepEqual(await ping(second.secret), [2, 0])
    const { body: third } = await rotate('{"overlap_s":0}')
    assert.equal(third.previous_secret_expires_at, null)
    assert.deepEqual(await ping(second.secret), [2, 1])
  } finally {
    await scope.close()
  }
})
