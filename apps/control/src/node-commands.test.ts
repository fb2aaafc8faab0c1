import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { cleanUp, events, newId, nodeCommands, streamPushTargets, streams, viewers } from '@millrace/db'
import { asc, eq, sql } from 'drizzle-orm'

import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

const CLIENT = { ip: '192.0.2.1', page_url: `https://page.example/?${'q'.repeat(1900)}` }
let nodes = 0

/** A node as control hears of it. */
async function startNode(name = `n${++nodes}`, bootId = 'boot-00001') {
  const { body } = await control.call('POST', '/node/v1/register', {
    token: control.nodeToken,
    body: { name, boot_id: bootId, version: '0', addresses: {} },
  })
  const id = body.node_id as string
  let seq = 0
  return {
    id,
    name,
    async report(report: object, at = control.now().toISOString()) {
      const answer = await control.call('POST', '/node/v1/reports', {
        token: control.nodeToken,
        body: { node_id: id, boot_id: bootId, reports: [{ seq: ++seq, at, ...report }] },
      })
      assert.deepEqual(answer.body.rejected, [])
    },
    commands: () =>
      control.db.select().from(nodeCommands).where(eq(nodeCommands.nodeId, id)).orderBy(asc(nodeCommands.id)),
  }
}

type Node = Awaited<ReturnType<typeof startNode>>

async function makeStream(name: string) {
  const { body } = await control.call('POST', '/v1/streams', { body: { name } })
  const names = { vhost: '__defaultVhost__', app: 'live', stream: name, stream_id: body.id as string }
  return { id: body.id as string, names }
}

async function goOnAir(node: Node, names: object): Promise<string> {
  const session = newId('session')
  const who = { ...names, key_id: null, protocol: 'rtmp', client: CLIENT }
  await node.report({ type: 'session.connected', session_id: session, ...who })
  return session
}

const typesOf = async (subjectId: string) =>
  (await control.db.select().from(events).where(eq(events.subjectId, subjectId)).orderBy(asc(events.seq))).map(
    ({ type }) => type,
  )

test('disconnecting a stream is a job that its node ends', async () => {
  const node = await startNode()
  const { id, names } = await makeStream('kicked')
  assert.equal((await control.call('POST', `/v1/streams/${id}:disconnect`)).body.code, 'STREAM_NOT_ON_AIR')
  const session = await goOnAir(node, names)
  const { status, body: job } = await control.call('POST', `/v1/streams/${id}:disconnect`)
  assert.deepEqual([status, job.status, job.done, job.total], [202, 'running', 0, 1])
  const [command] = await node.commands()
  assert.deepEqual(command!.payload, { type: 'kick_stream', session_id: session, ...names })
  assert.equal(command!.jobId, job.id)
  const stranger = await startNode()
  await stranger.report({ type: 'command.done', command_id: command!.id })
  assert.equal((await control.call('GET', `/v1/jobs/${job.id}`)).body.status, 'running')
  await node.report({ type: 'command.done', command_id: command!.id })
  await node.report({ type: 'command.done', command_id: command!.id })
  const { body: done } = await control.call('GET', `/v1/jobs/${job.id}`)
  assert.deepEqual([done.status, done.done], ['succeeded', 1])
})

test('disabling a stream tells of it and ends what is on; enabling it again tells of that; twice is once', async () => {
  const node = await startNode()
  const { id, names } = await makeStream('disabled')
  await goOnAir(node, names)
  for (let i = 0; i < 2; i++) await control.call('POST', `/v1/streams/${id}:disable`)
  assert.deepEqual(
    (await node.commands()).map(({ type }) => type),
    ['kick_stream'],
  )
  await control.call('PATCH', `/v1/streams/${id}`, { body: { enabled: true, title: 'again' } })
  await control.call('PATCH', `/v1/streams/${id}`, { body: { title: 'again' } })
  assert.deepEqual(await typesOf(id), [
    'stream.created',
    'stream.connected',
    'stream.disabled',
    'stream.updated',
    'stream.enabled',
  ])
})

test('a failed command fails its job, and one that nobody answers is given up', async () => {
  const node = await startNode()
  const { body: failed } = await control.call('POST', `/v1/nodes/${node.id}:drain`)
  const [command] = await node.commands()
  await node.report({ type: 'command.done', command_id: command!.id, error_code: 'NODE_BUSY', error: 'not now' })
  const { body: job } = await control.call('GET', `/v1/jobs/${failed.id}`)
  assert.deepEqual([job.status, job.error_code], ['failed', 'NODE_BUSY'])
  const { body: silent } = await control.call('POST', `/v1/nodes/${node.id}:undrain`)
  await cleanUp(control.db)
  assert.equal((await control.call('GET', `/v1/jobs/${silent.id}`)).body.status, 'running')
  await control.db.update(nodeCommands).set({ createdAt: sql`now() - interval '1 hour'` })
  assert.equal((await cleanUp(control.db)).expiredCommands >= 1, true)
  const { body: given } = await control.call('GET', `/v1/jobs/${silent.id}`)
  assert.deepEqual([given.status, given.error_code], ['failed', 'NODE_COMMAND_EXPIRED'])
})

test('draining outlives the boots of a node', async () => {
  const node = await startNode('drained')
  await control.call('POST', `/v1/nodes/${node.id}:drain`)
  const state = async () => (await control.call('GET', `/v1/nodes/${node.id}`)).body.state
  assert.equal(await state(), 'draining')
  await startNode('drained', 'boot-00002')
  assert.equal(await state(), 'draining')
  await control.call('POST', `/v1/nodes/${node.id}:undrain`)
  assert.equal(await state(), 'ready')
  assert.deepEqual(await typesOf(node.id).then((types) => types.filter((type) => type === 'node.draining')), [
    'node.draining',
  ])
})

test('viewers are listed while they watch, by stream, and kicked by id', async () => {
  const node = await startNode()
  const { id, names } = await makeStream('watched')
  const other = await makeStream('other')
  const [a, b, c, d] = Array.from({ length: 4 }, () => newId('viewer')) as [string, string, string, string]
  const joins = (viewer: string, who: object = names) => ({
    viewer_id: viewer,
    ...who,
    protocol: 'http-flv',
    client: CLIENT,
    joined_at: control.now().toISOString(),
  })
  const left = (viewer: string) => ({ viewer_id: viewer, bytes_out: 1000, duration_s: 2.5 })
  const byName = { ...names, stream_id: null }
  const unknown = { ...names, stream: 'nobody-made-it', stream_id: null }
  const joined = [joins(a), joins(b, byName), joins(c, other.names), joins(d, unknown)]
  await node.report({ type: 'viewers.changed', joined, left: [] })
  const list = async (query = '') =>
    (await control.call('GET', `/v1/viewers${query}`)).body.data.map((viewer: { id: string }) => viewer.id)
  assert.deepEqual(await list(), [c, b, a])
  assert.deepEqual(await list(`?stream=${id}`), [b, a])
  const { status, body: job } = await control.call('DELETE', `/v1/viewers/${a}`)
  assert.deepEqual([status, job.subject], [202, { type: 'viewer', id: a }])
  assert.deepEqual((await node.commands())[0]!.payload, { type: 'kick_viewer', viewer_id: a })
  await (await startNode()).report({ type: 'viewers.changed', joined: [], left: [left(b)] })
  assert.deepEqual(await list(`?stream=${id}`), [b, a], 'another node knows nothing of them')
  const quick = newId('viewer')
  await node.report({ type: 'viewers.changed', joined: [joins(quick)], left: [left(a), left(quick), left(d)] })
  assert.deepEqual(await list(), [c, b])
  assert.equal((await control.call('DELETE', `/v1/viewers/${a}`)).body.code, 'VIEWER_NOT_FOUND')
  await startNode(node.name, 'boot-00002')
  assert.deepEqual(await list(), [])
  assert.ok(!(await typesOf(id)).some((type) => type.startsWith('viewer.')), 'nobody asked for events')
})

test('where a vhost wants it, events tell of viewers, several in one and each below the limit', async () => {
  const node = await startNode()
  await control.call('POST', '/v1/vhosts', { body: { name: 'told.example', viewer_events: true } })
  const { body: stream } = await control.call('POST', '/v1/streams', { body: { vhost: 'told.example', name: 'x' } })
  const names = { vhost: 'told.example', app: 'live', stream: 'x', stream_id: stream.id }
  const client = { ...CLIENT, user_agent: 'u'.repeat(500) }
  const ids = Array.from({ length: 100 }, () => newId('viewer'))
  const who = { ...names, protocol: 'hls', client, joined_at: control.now().toISOString() }
  await node.report({ type: 'viewers.changed', joined: ids.map((id) => ({ viewer_id: id, ...who })), left: [] })
  const left = ids.map((id) => ({ viewer_id: id, bytes_out: 1, duration_s: 1 }))
  await node.report({ type: 'viewers.changed', joined: [], left })
  const { body } = await control.call('GET', `/v1/events?subject_id=${stream.id}&limit=100&order=asc`)
  for (const type of ['viewer.joined', 'viewer.left']) {
    const list = body.data.filter((event: { type: string }) => event.type === type)
    assert.ok(list.length < 20)
    for (const event of list) assert.ok(JSON.stringify(event).length < 20_000)
    assert.deepEqual(
      list.flatMap(({ data }: { data: { viewers: { viewer_id: string }[] } }) =>
        data.viewers.map(({ viewer_id: id }) => id),
      ),
      ids,
    )
  }
  assert.equal((await control.db.select().from(viewers).where(eq(viewers.streamId, stream.id))).length, 0)
})

test('pushing: states of a target per stream, events for changes, news that come late change nothing', async () => {
  const node = await startNode()
  const { id, names } = await makeStream('pushed')
  const second = await makeStream('pushed-too')
  const { body: target } = await control.call('POST', '/v1/push-targets', {
    body: { url: 'rtmps://push.example/app/', credential: 'live_secret' },
  })
  const grant = (stream: string) =>
    control.call('POST', '/node/v1/push-grant', {
      token: control.nodeToken,
      body: { node_id: node.id, push_target_id: target.id, stream_id: stream },
    })
  assert.equal((await grant(id)).body.code, 'PUSH_TARGET_NOT_FOUND')
  for (const stream of [id, second.id, id]) {
    assert.equal((await control.call('PUT', `/v1/streams/${stream}/push-targets/${target.id}`)).status, 200)
  }
  const { body: granted } = await grant(id)
  assert.deepEqual(granted, {
    url: 'rtmps://push.example/app/live_secret',
    vhost: names.vhost,
    app: names.app,
    stream: names.stream,
    version: 1,
  })
  const status = (stream: string, to: string, more: object = {}, at?: string) =>
    node.report({ type: 'push_target.status', push_target_id: target.id, stream_id: stream, status: to, ...more }, at)
  const early = control.now().toISOString()
  control.advance(1000)
  await status(id, 'starting')
  await status(id, 'retrying', { error_code: 'PUSH_REFUSED', error: 'no such key' })
  await status(id, 'retrying', { error_code: 'PUSH_REFUSED', error: 'no such key' })
  await status(second.id, 'failed', { error_code: 'PUSH_TIMEOUT' })
  await status(id, 'live', {}, early)
  const shown = async () => (await control.call('GET', `/v1/push-targets/${target.id}`)).body
  const retrying = await shown()
  assert.deepEqual(
    [retrying.status, retrying.retries, retrying.last_error_code, retrying.last_error],
    ['retrying', 2, 'PUSH_REFUSED', 'no such key'],
  )
  assert.ok(!JSON.stringify(retrying).includes('live_secret'))
  control.advance(1000)
  await status(id, 'live')
  const live = await shown()
  assert.deepEqual([live.status, live.retries, live.last_error_code, live.node_id], ['live', 0, null, node.id])
  const { body: ofSecond } = await control.call('GET', `/v1/streams/${second.id}/push-targets`)
  assert.deepEqual([ofSecond.data[0].status, ofSecond.data[0].last_error_code], ['failed', 'PUSH_TIMEOUT'])
  await status(id, 'idle')
  assert.deepEqual(await typesOf(target.id), [
    'push_target.starting',
    'push_target.retrying',
    'push_target.failed',
    'push_target.live',
    'push_target.stopped',
  ])
  const patch = (body: object) => control.call('PATCH', `/v1/push-targets/${target.id}`, { body })
  assert.equal((await patch({ name: 'n' })).body.has_credential, true)
  assert.equal((await patch({ credential: null })).body.has_credential, false)
  assert.equal((await grant(id)).body.url, 'rtmps://push.example/app/pushed')
  await patch({ enabled: false })
  assert.equal((await grant(id)).body.code, 'PUSH_TARGET_DISABLED')
  await control.call('DELETE', `/v1/push-targets/${target.id}`)
  await status(id, 'live')
  assert.equal((await control.call('GET', `/v1/streams/${id}/push-targets`)).body.data.length, 0)
})

test('only a node learns where a stream is pulled from, while it is to be pulled', async () => {
  const node = await startNode()
  const url = 'rtmp://origin.example/live/x?key=hidden'
  const { body: stream } = await control.call('POST', '/v1/streams', {
    body: { name: 'pulled', source: { type: 'pull', url } },
  })
  const grant = (token = control.nodeToken, id = stream.id) =>
    control.call('POST', '/node/v1/pull-grant', { token, body: { node_id: node.id, stream_id: id } })
  assert.deepEqual((await grant()).body, { url, vhost: '__defaultVhost__', app: 'live', stream: 'pulled' })
  assert.equal((await grant(await control.token(['streams:write']))).status, 403)
  assert.equal((await grant(control.nodeToken, newId('stream'))).body.code, 'STREAM_NOT_FOUND')
  await control.call('POST', `/v1/streams/${stream.id}:disable`)
  assert.equal((await grant()).body.code, 'STREAM_NOT_PULLED')
  await control.call('POST', `/v1/streams/${stream.id}:enable`)
  await control.call('PATCH', `/v1/streams/${stream.id}`, { body: { source: { type: 'push' } } })
  assert.equal((await grant()).body.code, 'STREAM_NOT_PULLED')
})

test('work for nodes is part of the trace of the call that wants it, and what comes of it too', async () => {
  const node = await startNode()
  const { id, names } = await makeStream('traced')
  const { body: target } = await control.call('POST', '/v1/push-targets', { body: { url: 'rtmp://push.example/app' } })
  const trace = (n: number) => `00-${String(n).repeat(32)}-00f067aa0ba902b7-01`
  const call = (n: number, method: string, path: string, body?: object) =>
    control.call(method, path, { headers: { traceparent: trace(n) }, body })
  await goOnAir(node, names)
  await call(1, 'POST', `/v1/streams/${id}:disconnect`)
  const [command] = await node.commands()
  assert.equal(command?.traceparent, trace(1))
  const source = { type: 'pull', url: 'rtmp://origin.example/live/x' }
  await call(2, 'PATCH', `/v1/streams/${id}`, { source })
  await call(3, 'PATCH', `/v1/streams/${id}`, { title: 'says nothing of the source' })
  const [stream] = await control.db.select().from(streams).where(eq(streams.id, id))
  assert.equal(stream?.sourceTraceparent, trace(2))
  await call(4, 'PUT', `/v1/streams/${id}/push-targets/${target.id}`)
  const attachment = async () =>
    (await control.db.select().from(streamPushTargets).where(eq(streamPushTargets.streamId, id)))[0]
  assert.equal((await attachment())?.traceparent, trace(4))
  await call(5, 'PATCH', `/v1/push-targets/${target.id}`, { enabled: true })
  assert.equal((await attachment())?.traceparent, trace(5))

  const status = { type: 'push_target.status', push_target_id: target.id, stream_id: id }
  await node.report({ ...status, status: 'starting', traceparent: trace(6) })
  await node.report({ ...status, status: 'live', traceparent: 'nonsense' })
  const told = await control.db.select().from(events).where(eq(events.subjectId, target.id)).orderBy(asc(events.seq))
  assert.deepEqual(
    told.map(({ traceparent }) => traceparent),
    [trace(6), null],
  )
})

test('a storage keeps its secret to itself; the default one of a project stays', async () => {
  const location = {
    type: 's3',
    endpoint: 'http://127.0.0.1:9000',
    bucket: 'media',
    path_style: true,
    access_key_id: 'AK',
  }
  const { body: storage } = await control.call('POST', '/v1/storages', {
    body: { name: 's', location, secret_access_key: 'topsecret' },
  })
  assert.deepEqual([storage.has_secret, storage.location.region], [true, 'us-east-1'])
  const path = `/v1/storages/${storage.id}`
  const { body: patched } = await control.call('PATCH', path, { body: { name: 't' } })
  assert.deepEqual([patched.name, patched.has_secret], ['t', true])
  assert.ok(!JSON.stringify(await control.call('GET', path)).includes('topsecret'))
  const { body: list } = await control.call('GET', '/v1/projects')
  const project = `/v1/projects/${list.data.at(-1).id}`
  await control.call('PATCH', project, { body: { default_storage_id: storage.id } })
  assert.equal((await control.call('DELETE', path)).body.code, 'STORAGE_IN_USE')
  await control.call('PATCH', project, { body: { default_storage_id: null } })
  assert.equal((await control.call('DELETE', path)).status, 204)
  for (const bad of [{ type: 's3', bucket: '../x' }, { type: 'local', directory: 'relative' }, { type: 'ftp' }]) {
    assert.equal((await control.call('POST', '/v1/storages', { body: { name: 'x', location: bad } })).status, 422)
  }
})
