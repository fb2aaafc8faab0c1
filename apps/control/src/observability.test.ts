import assert from 'node:assert/strict'
import test, { after, before, beforeEach } from 'node:test'

import { newApiToken, newStreamKey } from '@millrace/auth'
import type { ServiceError } from '@millrace/core'
import { CONTROL_METRICS, createLogger } from '@millrace/telemetry'
import { Hono } from 'hono'

import { RequestMetrics } from './http/observe.ts'
import type { Env } from './http/serve.ts'
import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
let lines: string[] = []
before(async () => {
  control = await startTestControl(
    createLogger({ name: 'control', level: 'debug', format: 'json', write: (line) => lines.push(line) }),
  )
})
after(() => control.close())
beforeEach(() => (lines = []))

const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>)
const requests = () => entries().filter(({ msg }) => msg === 'request')

async function registerNode(): Promise<string> {
  const addresses = { rtmp: 'rtmp://h:1935', http: 'http://h:8080', api: 'http://h:1985' }
  const body = { name: 'edge-1', boot_id: crypto.randomUUID(), version: '1', addresses }
  const answer = await control.call('POST', '/node/v1/register', { token: control.nodeToken, body })
  return answer.body.node_id
}

const admitBody = (nodeId: string, stream: string, params: Record<string, string> = {}) => ({
  node_id: nodeId,
  action: 'publish',
  protocol: 'rtmp',
  vhost: 'localhost',
  app: 'live',
  stream,
  params,
  client: { ip: '192.0.2.1' },
})

test('each request is one wide line: method, route, status, duration, token, project, request id', async () => {
  const { body: stream } = await control.call('POST', '/v1/streams', { body: { app: 'live', name: 'wide' } })
  const answer = await control.call('GET', `/v1/streams/${stream.id}`, { headers: { 'x-request-id': 'mine-1' } })
  assert.equal(answer.status, 200)
  const [, line] = requests()
  const { time, duration_ms: durationMs, token_id: tokenId, project_id: projectId, ...rest } = line ?? {}
  assert.deepEqual(rest, {
    level: 'info',
    name: 'control',
    method: 'GET',
    path: `/v1/streams/${stream.id}`,
    route: '/v1/streams/{id}',
    status: 200,
    request_id: 'mine-1',
    msg: 'request',
  })
  assert.equal(typeof time, 'string')
  assert.equal(typeof durationMs, 'number')
  assert.match(String(tokenId), /^tok_/)
  assert.match(String(projectId), /^prj_/)
  assert.equal(requests().length, 2)
})

test('a failure says its code, a request of nobody has no token', async () => {
  await control.call('GET', '/v1/streams', { token: newApiToken() })
  await control.raw('/nowhere')
  assert.deepEqual(
    requests().map(({ route, status, code, token_id: tokenId }) => ({ route, status, code, tokenId })),
    [
      { route: '/v1/streams', status: 401, code: 'TOKEN_INVALID', tokenId: undefined },
      { route: 'other', status: 404, code: undefined, tokenId: undefined },
    ],
  )
})

test('what a node asks for admission is told with the decision', async () => {
  const nodeId = await registerNode()
  const body = admitBody(nodeId, 'open')
  await control.call('POST', '/node/v1/admit', { token: control.nodeToken, body })
  const line = requests().at(-1)
  assert.equal(line?.['level'], 'debug')
  assert.equal(line?.['action'], 'publish')
  assert.equal(line?.['admission'], 'allowed')
})

test('no secret reaches the log, wherever it is put', async () => {
  const secrets = new Set<string>([control.adminToken, control.nodeToken])
  const keep = (secret: string): string => {
    secrets.add(secret)
    return secret
  }
  const { body: stream } = await control.call('POST', '/v1/streams', { body: { app: 'live', name: 'hush' } })
  const { body: key } = await control.call('POST', `/v1/streams/${stream.id}/keys`, { body: { name: 'a' } })
  const { body: hook } = await control.call('POST', '/v1/webhook-endpoints', { body: { url: 'http://127.0.0.1:9/' } })
  const { body: token } = await control.call('POST', '/v1/tokens', { body: { name: 't', scopes: ['streams:read'] } })
  const { body: target } = await control.call('POST', '/v1/push-targets', {
    body: { name: 'p', url: 'rtmp://example.com/live', credential: keep('credential-kept-quiet-1') },
  })
  assert.match(target.id, /^tgt_/)
  for (const { secret } of [key, hook, token]) keep(secret)
  const nodeId = await registerNode()
  const strange = keep(newStreamKey())

  for (const secret of [key.secret, strange, hook.secret, token.secret]) {
    const inPath = encodeURIComponent(secret)
    await control.raw(`/v1/streams/${inPath}`, { headers: { authorization: `Bearer ${secret}` } })
    await control.raw(`/${inPath}?key=${inPath}&token=${inPath}`, { headers: { 'x-request-id': secret } })
    await control.raw(`/v1/streams?after=${inPath}`, { headers: { authorization: `Bearer ${control.adminToken}` } })
    await control.raw('/v1/streams', { headers: { 'x-api-key': secret, cookie: secret, authorization: secret } })
    for (const text of [`{"name":"${secret}"`, `{"app":"live","name":"${secret}","title":7}`, `"${secret}"`]) {
      await control.raw('/v1/streams', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${control.adminToken}`,
          'content-type': 'application/json',
          'idempotency-key': secret,
        },
        body: text,
      })
    }
    for (const body of [admitBody(nodeId, secret), admitBody(nodeId, 'hush', { key: secret, s: secret })])
      await control.call('POST', '/node/v1/admit', { token: control.nodeToken, body })
  }
  await control.pg.restart(async () => {
    await control.raw(`/v1/streams?key=${key.secret}`, { headers: { authorization: `Bearer ${token.secret}` } })
  })

  assert.ok(lines.length > 40)
  const all = lines.join('')
  assert.match(all, /DATABASE_UNAVAILABLE/)
  for (const secret of secrets) {
    assert.ok(!all.includes(secret), `a secret is in the log: ${lines.find((line) => line.includes(secret))}`)
    assert.ok(!all.includes(encodeURIComponent(secret)))
  }
  assert.doesNotMatch(all, /\b(sk|whsec)_[\w+/=]{8,}|\btok_\w{27,}/)
})

test('/metrics counts requests by route and status, and decisions by result', async () => {
  const nodeId = await registerNode()
  const body = admitBody(nodeId, 'counted', { key: 'x' })
  const scrape = async () => (await control.raw('/metrics')).text()
  const before = await scrape()
  await control.call('POST', '/node/v1/admit', { token: control.nodeToken, body })
  await control.call('GET', '/v1/streams/str_00000000000000000000000000')
  await control.raw('/somewhere/else', { method: 'OPTIONS' })
  const after = await scrape()
  const grown = (series: string): number => {
    const value = (text: string): number => {
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `))
      return Number(line?.split(' ').at(-1) ?? 0)
    }
    return value(after) - value(before)
  }
  assert.equal(grown('millrace_control_requests_total{method="POST",route="/node/v1/admit",status="200"}'), 1)
  assert.equal(grown('millrace_control_requests_total{method="GET",route="/v1/streams/{id}",status="404"}'), 1)
  assert.equal(grown('millrace_control_request_duration_seconds_count{method="GET",route="/v1/streams/{id}"}'), 1)
  assert.equal(grown('millrace_control_admissions_total{action="publish",result="allowed"}'), 1)
  assert.doesNotMatch(after, /somewhere/)
  const names = [...after.matchAll(/^# TYPE (millrace_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`)
  const table = Object.values(CONTROL_METRICS).map(({ name, type }) => `${name} ${type}`)
  assert.deepEqual(names.toSorted(), table.toSorted())
})

test('/metrics asks for a token where there is one', async () => {
  const token = newApiToken()
  const app = new Hono<Env>()
  app.onError((error, c) => c.text('', (error as ServiceError).code === 'TOKEN_INVALID' ? 401 : 500))
  new RequestMetrics(token).mount(app)
  const status = async (authorization?: string) =>
    (await app.request('/metrics', { headers: authorization === undefined ? {} : { authorization } })).status
  for (const wrong of [undefined, 'Bearer x', `Basic ${token}`]) assert.equal(await status(wrong), 401)
  assert.equal(await status(`Bearer ${token}`), 200)
})
