import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { clips, deliveries, events, newId } from '@millrace/db'
import { eq } from 'drizzle-orm'

import { allRoutes, startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

const post = async (path: string, body: unknown = {}, token = control.adminToken) => {
  const answer = await control.call('POST', path, { body, token })
  assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

/** A storage that any tenant may have. */
const bucket = {
  name: 's',
  location: { type: 's3', bucket: 'media', access_key_id: 'AK' },
  secret_access_key: 'SK',
}

/** One of each resource of the default project, by the start of its paths; `nested` by the name of the parameter. */
async function makeOneOfEach() {
  const node = await post(
    '/node/v1/register',
    { name: 'n', boot_id: 'boot-00001', version: '0', addresses: {} },
    control.nodeToken,
  )
  const vhost = await post('/v1/vhosts', { name: 'mine.example' })
  const stream = await post('/v1/streams', { vhost: vhost.name })
  const key = await post(`/v1/streams/${stream.id}/keys`)
  const endpoint = await post('/v1/webhook-endpoints', { url: 'https://example.com/hook' })
  const tested = await post(`/v1/webhook-endpoints/${endpoint.id}:test`)
  const target = await post('/v1/push-targets', { url: 'rtmp://push.example/live', credential: 'topsecret' })
  await control.call('PUT', `/v1/streams/${stream.id}/push-targets/${target.id}`)
  const viewer = newId('viewer')
  const session = newId('session')
  const at = new Date().toISOString()
  const names = { vhost: vhost.name, app: stream.app, stream: stream.name, stream_id: stream.id }
  const client = { ip: '192.0.2.1' }
  const answer = await post(
    '/node/v1/reports',
    {
      node_id: node.node_id,
      boot_id: 'boot-00001',
      reports: [
        {
          seq: 1,
          at,
          type: 'session.connected',
          session_id: session,
          ...names,
          key_id: null,
          protocol: 'rtmp',
          client,
        },
        {
          seq: 2,
          at,
          type: 'viewers.changed',
          joined: [{ viewer_id: viewer, ...names, protocol: 'hls', client, joined_at: at }],
          left: [],
        },
      ],
    },
    control.nodeToken,
  )
  assert.deepEqual(answer.rejected, [])
  const [event] = await control.db.select().from(events).where(eq(events.id, tested.event_id))
  const delivery = newId('delivery')
  await control.db.insert(deliveries).values({
    id: delivery,
    projectId: event!.projectId,
    endpointId: endpoint.id,
    eventId: event!.id,
    subjectType: event!.subjectType,
    subjectId: event!.subjectId,
    seq: event!.seq,
  })
  const storage = await post('/v1/storages', bucket)
  const recording = await post(`/v1/streams/${stream.id}/recordings`, { storage_id: storage.id })
  const clip = newId('clip')
  const ofStream = { projectId: event!.projectId, streamId: stream.id, storageId: storage.id }
  await control.db.insert(clips).values({ id: clip, ...ofStream, fromAt: new Date(0), toAt: new Date(1) })
  return {
    vhost,
    stream,
    target,
    ids: {
      '/v1/projects': event!.projectId,
      '/v1/tokens': (await post('/v1/tokens', { name: 'mine', scopes: ['admin'] })).id,
      '/v1/vhosts': vhost.id,
      '/v1/streams': stream.id,
      '/v1/signing-keys': (await post('/v1/signing-keys', { name: 'mine' })).id,
      '/v1/playback-revocations': (await post('/v1/playback-revocations', { vid: 'ann' })).id,
      '/v1/sessions': session,
      '/v1/viewers': viewer,
      '/v1/push-targets': target.id,
      '/v1/storages': storage.id,
      '/v1/recordings': recording.id,
      '/v1/clips': clip,
      '/v1/webhook-endpoints': endpoint.id,
      '/v1/deliveries': delivery,
      '/v1/events': tested.event_id,
      '/v1/jobs': (await post(`/v1/streams/${stream.id}:disconnect`)).id,
    } as Record<string, string>,
    nested: { key: key.id, playback_id: stream.playback_ids[0].id, push_target_id: target.id } as Record<
      string,
      string
    >,
  }
}

/** Bodies for routes that ask for more than `{}`. */
const BODIES: Readonly<Record<string, unknown>> = {
  redeliverToEndpoint: { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' },
}

test('every resource is 404 for a foreign tenant, whatever is asked of it, and in none of its lists', async () => {
  const { ids, nested, vhost, stream, target } = await makeOneOfEach()
  const foreign = await control.token(['admin'], await control.project('foreign'))
  const ownStream = await post(
    '/v1/streams',
    { vhost: (await post('/v1/vhosts', { name: 'f.example' }, foreign)).name },
    foreign,
  )
  let checked = 0
  for (const route of allRoutes) {
    if (route.kind === 'public' || route.params === undefined) continue
    // nodes belong to nobody: who may touch them is checked below
    if (route.path.startsWith('/v1/nodes')) continue
    const prefix = Object.keys(ids).find((candidate) => route.path.startsWith(`${candidate}/{`))
    assert.ok(prefix !== undefined, `no example for ${route.path}`)
    const path = route.path.replace('{id}', ids[prefix]!).replace(/\{(\w+)\}/, (_, name: string) => nested[name]!)
    const body = route.method === 'get' ? undefined : (BODIES[route.id] ?? {})
    // it is there for its owner, so that 404 says something
    if (route.method === 'get') assert.equal((await control.call('GET', path)).status, 200, route.id)
    const answer = await control.call(route.method.toUpperCase(), path, { token: foreign, body })
    assert.equal(answer.status, 404, `${route.id}: ${answer.body?.code}`)
    // neither below something of the tenant's own
    if (/\}\/.*\{/.test(route.path)) {
      const below = path.replace(ids[prefix]!, ownStream.id)
      const { status } = await control.call(route.method.toUpperCase(), below, { token: foreign, body })
      assert.equal(status, 404, `${route.id} below an own stream`)
    }
    checked++
  }
  assert.ok(checked >= 45, String(checked))
  const owned = [...Object.values(ids), ...Object.values(nested)]
  for (const route of allRoutes) {
    if (route.kind !== 'query' || route.params !== undefined || route.scope === 'nodes:link') continue
    const { body } = await control.call('GET', route.path, { token: foreign })
    assert.ok(!owned.some((id) => JSON.stringify(body).includes(id)), route.id)
  }
  const asks: [string, unknown][] = [
    ['/v1/streams', { vhost: vhost.name }],
    ['/v1/streams', { vhost: vhost.id }],
    ['/v1/playback-tokens', { playback_id: stream.playback_ids[0].id }],
  ]
  for (const [path, body] of asks) {
    assert.equal((await control.call('POST', path, { token: foreign, body })).status, 404, path)
  }
  assert.equal((await control.call('GET', `/v1/viewers?stream=${stream.id}`, { token: foreign })).status, 404)
  const { body: own } = await control.call('GET', '/v1/projects', { token: foreign })
  assert.deepEqual(
    own.data.map(({ name }: { name: string }) => name),
    ['foreign'],
  )
  const storage = { default_storage_id: ids['/v1/storages'] }
  const own_ = await control.call('PATCH', `/v1/projects/${own.data[0].id}`, { token: foreign, body: storage })
  assert.equal(own_.body.code, 'STORAGE_NOT_FOUND')
  assert.equal((await control.call('GET', `/v1/push-targets/${target.id}`)).status, 200)
})

test('only the default project makes tenants, changes their limits, and takes nodes out of service', async () => {
  const made = await post('/v1/projects', { name: 'acme', limits: { max_streams: 2 } })
  assert.match(made.token, /^tok_/)
  const { token } = made
  for (const [method, path, body] of [
    ['POST', '/v1/projects', { name: 'x' }],
    ['PATCH', `/v1/projects/${made.id}`, { limits: { max_streams: null } }],
    ['DELETE', `/v1/projects/${made.id}`, undefined],
    ['POST', `/v1/nodes/${newId('node')}:drain`, undefined],
    ['DELETE', `/v1/nodes/${newId('node')}`, undefined],
  ] as const) {
    assert.equal((await control.call(method, path, { token, body })).body.code, 'PROJECT_NOT_DEFAULT', path)
  }
  const vhost = await post('/v1/vhosts', { name: 'acme.example', access: 'open' }, token)
  await post('/v1/streams', { vhost: vhost.name, name: 'one' }, token)
  const races = await Promise.all(
    ['two', 'three', 'four'].map((name) =>
      control.call('POST', '/v1/streams', { token, body: { vhost: vhost.name, name } }),
    ),
  )
  assert.deepEqual(races.map(({ status }) => String(status)).toSorted(), ['201', '409', '409'])
  assert.equal(races.find(({ status }) => status === 409)!.body.code, 'STREAM_LIMIT_REACHED')
  assert.equal((await control.call('POST', '/v1/projects', { body: { name: 'acme' } })).body.code, 'PROJECT_EXISTS')
  const path = `/v1/projects/${made.id}`
  assert.equal((await control.call('DELETE', path)).body.code, 'PROJECT_IN_USE')
  const patched = await control.call('PATCH', path, { body: { limits: { requests_per_minute: 5 } } })
  assert.deepEqual(patched.body.limits, { max_streams: 2, requests_per_minute: 5 })
  const { body: list } = await control.call('GET', '/v1/projects')
  const own = list.data.find(({ name }: { name: string }) => name === 'default')
  assert.equal((await control.call('DELETE', `/v1/projects/${own.id}`)).body.code, 'PROJECT_IS_DEFAULT')
  const empty = await post('/v1/projects', { name: 'empty' })
  await post('/v1/storages', bucket, empty.token)
  assert.equal((await control.call('DELETE', `/v1/projects/${empty.id}`)).status, 204)
  assert.equal((await control.call('GET', '/v1/vhosts', { token: empty.token })).status, 401)
})

test('requests beyond a project’s limit wait, counted over all copies; nodes are not counted', async () => {
  const { token } = await post('/v1/projects', { name: 'limited', limits: { requests_per_minute: 6 } })
  const ask = () => control.call('GET', '/v1/vhosts', { token })
  const first = await ask()
  assert.deepEqual(
    [first.headers.get('ratelimit-policy'), first.headers.get('ratelimit')],
    ['"token";q=6;w=60', '"token";r=5;t=10'],
  )
  const rest = await Promise.all(Array.from({ length: 9 }, ask))
  const count = (wanted: number) => rest.filter(({ status }) => status === wanted).length
  assert.deepEqual([count(200), count(429)], [5, 4])
  const refused = rest.find(({ status }) => status === 429)!
  assert.equal(refused.body.code, 'RATE_LIMITED')
  const waitS = Number(refused.headers.get('retry-after'))
  assert.ok(waitS >= 9 && waitS <= 10, String(waitS))
  control.advance(waitS * 1000)
  assert.equal((await ask()).status, 200)
  assert.equal((await ask()).status, 429)
  assert.equal((await control.call('GET', '/v1/vhosts')).headers.get('ratelimit'), null)
})
