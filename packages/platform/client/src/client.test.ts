import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'

import { answerOf, createClient } from './client.ts'
import { ApiError } from './errors.ts'
import { rows } from './paging.ts'

interface Seen {
  method: string | undefined
  url: string | undefined
  key: string | undefined
  authorization: string | undefined
  body: string
}

type Reply = { status: number; body?: unknown; headers?: Record<string, string> } | 'cut' | 'silence'

/** A server that gives these answers, one after the other, and a client of it. */
async function setUp(t: test.TestContext, replies: readonly Reply[], options: { timeoutMs?: number } = {}) {
  const seen: Seen[] = []
  const server = http.createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const { method, url, headers } = request
      const key = headers['idempotency-key'] as string | undefined
      const reply = replies[seen.length] ?? { status: 200, body: {} }
      seen.push({ method, url, key, authorization: headers.authorization, body })
      if (reply === 'cut') return request.socket.destroy()
      if (reply === 'silence') return
      response.writeHead(reply.status, {
        'content-type': 'application/json',
        'x-request-id': 'req_1',
        ...reply.headers,
      })
      response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { seen, url, client: createClient({ url: `${url}/`, token: 'tok_x', backoffBaseMs: 1, ...options }) }
}

const problem = (status: number, code: string, extra = {}) => ({
  status,
  body: { type: 'about:blank', title: '', status, code, detail: `because ${code}`, request_id: 'req_1', ...extra },
})

const id = 'str_01jd8y4v5xk3q9m2w7r6t0abcd'
const get = { params: { path: { id } } }

test('calls are typed by path, carry the token and give the body', async (t) => {
  const { client, seen } = await setUp(t, [{ status: 201, body: { id, name: 'cam' } }, { status: 204 }])
  const stream = await answerOf(client.POST('/v1/streams', { body: { app: 'live', name: 'cam' } }))
  assert.equal(stream.name, 'cam')
  assert.equal(await answerOf(client.DELETE('/v1/streams/{id}', get)), undefined)
  assert.deepEqual(
    seen.map(({ method, url, authorization, body }) => ({ method, url, authorization, body })),
    [
      { method: 'POST', url: '/v1/streams', authorization: 'Bearer tok_x', body: '{"app":"live","name":"cam"}' },
      { method: 'DELETE', url: `/v1/streams/${id}`, authorization: 'Bearer tok_x', body: '' },
    ],
  )
})

test('a POST is sent again under the same Idempotency-Key, whatever became of the first', async (t) => {
  const { client, seen } = await setUp(t, ['cut', problem(503, 'DATABASE_UNAVAILABLE'), { status: 201, body: { id } }])
  await answerOf(client.POST('/v1/streams', { body: {} }))
  assert.equal(seen.length, 3)
  assert.match(seen[0]?.key ?? '', /^[\da-f-]{36}$/)
  assert.equal(new Set(seen.map(({ key }) => key)).size, 1)
  await answerOf(client.POST('/v1/streams', { body: {} }))
  assert.notEqual(seen[3]?.key, seen[0]?.key)
  await answerOf(client.POST('/v1/streams', { body: {}, params: { header: { 'Idempotency-Key': 'mine' } } }))
  assert.equal(seen[4]?.key, 'mine')
})

test('a DELETE whose answer was lost is not sent again', async (t) => {
  const { client, seen } = await setUp(t, ['cut'])
  await assert.rejects(client.DELETE('/v1/streams/{id}', get), { code: 'CLIENT_UNREACHABLE' })
  assert.equal(seen.length, 1)
})

test('what is wrong for good is told at once, as the problem says it', async (t) => {
  const errors = [{ pointer: '/name', code: 'invalid', message: 'too long' }]
  const { client, seen } = await setUp(t, [problem(422, 'REQUEST_INVALID', { errors }), { status: 400, body: 'no' }])
  const error = await client.POST('/v1/streams', { body: {} }).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof ApiError)
  const { code, message, status, requestId, faults } = error
  assert.deepEqual(
    { code, message, status, requestId, faults },
    { code: 'REQUEST_INVALID', message: 'because REQUEST_INVALID', status: 422, requestId: 'req_1', faults: errors },
  )
  await assert.rejects(client.GET('/v1/streams'), { code: 'CLIENT_ANSWER_UNKNOWN', status: 400 })
  assert.equal(seen.length, 2)
})

test('it gives up after its retries, or at once when it is told to wait too long', async (t) => {
  const busy = problem(429, 'RATE_LIMITED')
  const { client, seen } = await setUp(t, [busy, busy, busy, busy, { ...busy, headers: { 'retry-after': '3600' } }])
  await assert.rejects(client.GET('/v1/streams'), { code: 'RATE_LIMITED', status: 429 })
  assert.equal(seen.length, 4)
  await assert.rejects(client.GET('/v1/streams'), { code: 'RATE_LIMITED' })
  assert.equal(seen.length, 5)
})

test('Retry-After is waited for', async (t) => {
  const { client, seen } = await setUp(t, [{ ...problem(503, 'X'), headers: { 'retry-after': '0' } }])
  await client.GET('/v1/streams')
  assert.equal(seen.length, 2)
})

test('a server that says nothing is a timeout, one that is not there cannot be reached', async (t) => {
  const { client, url } = await setUp(t, ['silence', 'silence', 'silence', 'silence'], { timeoutMs: 20 })
  await assert.rejects(client.GET('/v1/streams'), { code: 'CLIENT_TIMEOUT' })
  const gone = createClient({ url: 'http://127.0.0.1:1', token: 't', retries: 0 })
  await assert.rejects(gone.GET('/v1/streams'), {
    code: 'CLIENT_UNREACHABLE',
    message: /127\.0\.0\.1:1 cannot be reached: /,
  })
  assert.ok(url)
})

test('an aborted call ends at once and is not sent again', async (t) => {
  const { client, seen } = await setUp(t, ['silence'])
  const stop = new AbortController()
  const call = client.GET('/v1/streams', { signal: stop.signal })
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
  stop.abort()
  await assert.rejects(call, { name: 'AbortError' })
  assert.equal(seen.length, 1)
})

test('rows follow the pages of a list as they are asked for', async (t) => {
  const page = (names: string[], next: string | null) => ({
    status: 200,
    body: { data: names.map((name) => ({ name })), next, has_more: next !== null },
  })
  const { client, seen } = await setUp(t, [page(['a', 'b'], 'str_b'), page([], 'str_c'), page(['d'], null)])
  const names: string[] = []
  const all = rows((cursor) => answerOf(client.GET('/v1/streams', { params: { query: { limit: 2, ...cursor } } })))
  for await (const { name } of all) names.push(name)
  assert.deepEqual(names, ['a', 'b', 'd'])
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/v1/streams?limit=2', '/v1/streams?limit=2&after=str_b', '/v1/streams?limit=2&after=str_c'],
  )
})
