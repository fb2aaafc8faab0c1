import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { deliveries, events, jobs, newId } from '@millrace/db'
import { eq } from 'drizzle-orm'

import { allRoutes, type CallOptions, startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
before(async () => {
  control = await startTestControl()
})
after(() => control.close())

/** Calls that must succeed; their answers are checked against the schemas. */
const ok = async (method: string, path: string, body?: unknown, options: CallOptions = {}) => {
  const answer = await control.call(method, path, { ...options, ...(body === undefined ? {} : { body }) })
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

const CLIENT = { ip: '192.0.2.1', user_agent: 'Lavf60' }
const BOOT = 'boot-00001'

/** The node's side of the link. */
function link(nodeId: string) {
  const options = () => ({ token: control.nodeToken })
  const boot = { node_id: nodeId, boot_id: BOOT }
  let seq = 0
  return {
    post: (verb: string, body: object) => ok('POST', `/node/v1/${verb}`, { ...boot, ...body }, options()),
    async report(...list: object[]) {
      const at = new Date().toISOString()
      const reports = list.map((report) => ({ seq: ++seq, at, ...report }))
      const answer = await ok('POST', '/node/v1/reports', { ...boot, reports }, options())
      assert.deepEqual(answer.rejected, [])
    },
    desired: () => ok('GET', `/node/v1/desired-state?node_id=${nodeId}`, undefined, options()),
  }
}

const NODE = {
  name: 'n',
  version: '1',
  region: 'eu',
  addresses: { rtmp: 'rtmp://media.example', http: 'http://media.example:8080' },
}

test('every route answers as its schema says', async () => {
  await ok('GET', '/v1/health', undefined, { token: null })
  await ok('GET', '/.well-known/jwks.json', undefined, { token: null })

  const project = await ok('POST', '/v1/projects', { name: 'p' })
  await ok('GET', '/v1/projects')
  await ok('GET', `/v1/projects/${project.id}`)
  await ok('PATCH', `/v1/projects/${project.id}`, { name: 'q' })
  await ok('DELETE', `/v1/projects/${project.id}`)

  const token = await ok('POST', '/v1/tokens', { name: 't', scopes: ['streams:read'] })
  await ok('GET', '/v1/tokens')
  await ok('GET', `/v1/tokens/${token.id}`)
  await ok('DELETE', `/v1/tokens/${token.id}`)

  const { node_id: nodeId } = await ok(
    'POST',
    '/node/v1/register',
    { ...NODE, boot_id: BOOT },
    { token: control.nodeToken },
  )
  const node = link(nodeId)
  await node.post('heartbeat', { load: { streams: 0, players: 0, in_bps: 0, out_bps: 0, cpu: 0 } })
  await node.desired()

  const vhost = await ok('POST', '/v1/vhosts', { name: 'tv.example', aliases: ['www.tv.example'] })
  await ok('GET', '/v1/vhosts')
  await ok('GET', `/v1/vhosts/${vhost.id}`)
  await ok('PATCH', `/v1/vhosts/${vhost.id}`, { viewer_events: true })
  await ok('POST', `/v1/vhosts/${vhost.id}:rotate-hook-secret`)

  const { stream, names } = await streamsAndKeys(vhost)
  await broadcast(node, stream, names)
  await pulling(node)
  await pushing(node, stream)
  await storagesAndPlayback(stream)
  await recording(node)
  await webhooks(stream)
  await nodes(nodeId, node)

  await ok('DELETE', `/v1/streams/${stream.id}`)
  await ok('DELETE', `/v1/vhosts/${vhost.id}`)
  assert.deepEqual(
    allRoutes.map(({ id }) => id).filter((id) => !control.answered.has(id)),
    [],
  )
})

async function streamsAndKeys(vhost: { name: string }) {
  const stream = await ok('POST', '/v1/streams', { vhost: vhost.name, name: 'news', max_bitrate_kbps: 4000 })
  await ok('GET', '/v1/streams')
  await ok('GET', `/v1/streams/${stream.id}`)
  await ok('PATCH', `/v1/streams/${stream.id}`, { title: 'News', latency: 'low', max_duration_s: 3600 })
  assert.equal((await ok('POST', `/v1/streams/${stream.id}:disable`)).status, 'disabled')
  assert.equal((await ok('POST', `/v1/streams/${stream.id}:enable`)).status, 'idle')
  await ok('GET', `/v1/streams/${stream.id}/ingest`)
  const key = await ok('POST', `/v1/streams/${stream.id}/keys`, { allow_ips: ['192.0.2.0/24'], protocols: ['rtmp'] })
  await ok('GET', `/v1/streams/${stream.id}/keys`)
  await ok('PATCH', `/v1/streams/${stream.id}/keys/${key.id}`, { name: 'studio' })
  await ok('POST', `/v1/streams/${stream.id}/keys:rotate`, { overlap_s: 60 })
  await ok('DELETE', `/v1/streams/${stream.id}/keys/${key.id}`)
  return { stream, names: { vhost: vhost.name, app: stream.app, stream: stream.name, stream_id: stream.id } }
}

type Link = ReturnType<typeof link>

async function broadcast(node: Link, stream: { id: string }, names: object): Promise<void> {
  const [session, viewer] = [newId('session'), newId('viewer')]
  const who = { ...names, protocol: 'rtmp', client: CLIENT }
  await node.post('admit', { action: 'play', ...who, stream: 'news', protocol: 'hls' })
  await node.post('origins', { streams: [{ vhost: 'tv.example', app: 'live', stream: 'news' }] })
  const joined = [{ viewer_id: viewer, ...who, joined_at: new Date().toISOString() }]
  await node.report(
    { type: 'session.connected', session_id: session, ...who, key_id: null },
    { type: 'viewers.changed', joined, left: [] },
  )
  await ok('GET', `/v1/streams/${stream.id}/sessions`)
  await ok('GET', `/v1/sessions/${session}`)
  const { data } = await ok('GET', `/v1/viewers?stream=${stream.id}`)
  assert.deepEqual(
    data.map(({ id }: { id: string }) => id),
    [viewer],
  )
  await ok('DELETE', `/v1/viewers/${viewer}`)
  const job = await ok('POST', `/v1/streams/${stream.id}:disconnect`)
  await ok('GET', `/v1/jobs/${job.id}`)
  const counters = { duration_s: 1, bytes_in: 1, bytes_out: 1 }
  await node.report({ type: 'session.ended', session_id: session, reason: 'kicked', ...counters })
}

async function pulling(node: Link): Promise<void> {
  const source = { type: 'pull', url: 'rtmp://origin.example/live/x' }
  const { id } = await ok('POST', '/v1/streams', { name: 'pulled', source })
  assert.equal((await node.post('pull-grant', { stream_id: id })).url, source.url)
}

async function pushing(node: Link, stream: { id: string }): Promise<void> {
  const target = await ok('POST', '/v1/push-targets', { url: 'rtmp://push.example/live', credential: 'topsecret' })
  await ok('GET', '/v1/push-targets')
  await ok('GET', `/v1/push-targets/${target.id}`)
  await ok('PATCH', `/v1/push-targets/${target.id}`, { name: 'there' })
  const path = `/v1/streams/${stream.id}/push-targets`
  await ok('PUT', `${path}/${target.id}`)
  const grant = await node.post('push-grant', { push_target_id: target.id, stream_id: stream.id })
  assert.equal(grant.url, 'rtmp://push.example/live/topsecret')
  await ok('GET', path)
  await ok('DELETE', `${path}/${target.id}`)
  const whip = { url: 'https://push.example/live/x/whip', credential: 'token' }
  await ok('PATCH', `/v1/push-targets/${target.id}`, whip)
  await ok('PUT', `${path}/${target.id}`)
  const { url, bearer } = await node.post('push-grant', { push_target_id: target.id, stream_id: stream.id })
  assert.deepEqual({ url, bearer }, { url: whip.url, bearer: whip.credential })
  await ok('DELETE', `/v1/push-targets/${target.id}`)
}

async function storagesAndPlayback(stream: { id: string }): Promise<void> {
  const location = { type: 's3', bucket: 'recordings', access_key_id: 'AK' }
  const storage = await ok('POST', '/v1/storages', { name: 's', location, secret_access_key: 'topsecret' })
  await ok('GET', '/v1/storages')
  await ok('GET', `/v1/storages/${storage.id}`)
  await ok('PATCH', `/v1/storages/${storage.id}`, { name: 't' })
  const local = { name: 'l', location: { type: 'local', directory: control.storageDir } }
  await ok('POST', `/v1/storages/${(await ok('POST', '/v1/storages', local)).id}:test`)
  await ok('DELETE', `/v1/storages/${storage.id}`)

  const signing = await ok('POST', '/v1/signing-keys', {})
  await ok('GET', '/v1/signing-keys')
  await ok('GET', `/v1/signing-keys/${signing.kid ?? signing.id}`)
  const playback = await ok('POST', `/v1/streams/${stream.id}/playback-ids`, { policy: 'signed' })
  await ok('GET', `/v1/streams/${stream.id}/playback-ids`)
  await ok('GET', `/v1/playback/${playback.id}`, undefined, { token: null })
  await ok('POST', '/v1/playback-tokens', { playback_id: playback.id })
  const revocation = await ok('POST', '/v1/playback-revocations', { vid: 'ann' })
  await ok('GET', '/v1/playback-revocations')
  await ok('DELETE', `/v1/playback-revocations/${revocation.id}`)
  await ok('DELETE', `/v1/streams/${stream.id}/playback-ids/${playback.id}`)
  await ok('DELETE', `/v1/signing-keys/${signing.kid ?? signing.id}`)
}

async function recording(node: Link): Promise<void> {
  const location = { type: 's3', bucket: 'recordings', access_key_id: 'AKIDEXAMPLE' }
  const storage = await ok('POST', '/v1/storages', { name: 'r', location, secret_access_key: 'secret' })
  const settings = { mode: 'automatic', storage_id: storage.id }
  const stream = await ok('POST', '/v1/streams', { name: 'recorded', record: settings })
  const [sessionId, takeId] = [newId('session'), newId('take')]
  const names = { vhost: '__defaultVhost__', app: 'live', stream: 'recorded', stream_id: stream.id, key_id: null }
  const take = {
    take_id: takeId,
    session_id: sessionId,
    stream_id: stream.id,
    storage_id: storage.id,
    format: 'fmp4',
    epoch: 1,
  }
  await node.report(
    { type: 'session.connected', session_id: sessionId, ...names, protocol: 'rtmp', client: CLIENT },
    { type: 'take.opened', ...take },
  )
  const objects = [{ name: '0.m4s', method: 'PUT' }]
  await node.post('storage-grants', { requests: [{ ...take, objects }] })
  const { data } = await ok('GET', `/v1/recordings?stream_id=${stream.id}`)
  const path = `/v1/recordings/${data[0].id}`
  await ok('GET', path)
  await archive(node, { stream, takeId, recording: data[0] })
  await ok('PATCH', path, { title: 'Tonight' })
  await ok('POST', `${path}:split`)
  const list = await ok('GET', `/v1/recordings?status=recording`)
  await ok('POST', `/v1/recordings/${list.data[0].id}:stop`)
  await ok('POST', `/v1/streams/${stream.id}/recordings`, { title: 'Again' })
  const playback = await ok('POST', `${path}/playback-ids`, {})
  await ok('GET', `${path}/playback-ids`)
  await ok('DELETE', `${path}/playback-ids/${playback.id}`)
  await ok('POST', `${path}:finish`)
  await ok('DELETE', path)
}

interface Recorded {
  id: string
  started_at: string
  playback_ids: [{ id: string }]
}

async function archive(
  node: Link,
  { stream, takeId, recording }: { stream: { id: string }; takeId: string; recording: Recorded },
): Promise<void> {
  const startsAt = new Date(Date.parse(recording.started_at) + 1)
  const [from, to] = [startsAt.toISOString(), new Date(startsAt.getTime() + 1).toISOString()]
  const counts = { bytes: 1, video_frames: 1, audio_frames: 1 }
  const segment = { take_id: takeId, segment: 0, init: 0, starts_at: from, duration_ms: 4, discontinuity: false }
  await node.report({ type: 'segment.stored', ...segment, ...counts })
  await ok('GET', `/v1/recordings/${recording.id}/playback`)
  await ok('GET', `/v1/playback/${recording.playback_ids[0].id}/index.m3u8`, undefined, { token: null })
  await ok('GET', `/v1/streams/${stream.id}/timeline`)
  await ok('GET', `/v1/streams/${stream.id}/usage`)
  await ok('GET', `/v1/streams/${stream.id}/timeshift.m3u8?start=${from}`, undefined, { token: null })
  control.advance(1000)
  const clip = await ok('POST', '/v1/clips', { recording_id: recording.id, from, to })
  await ok('GET', '/v1/clips')
  await ok('GET', `/v1/clips/${clip.id}`)
  await control.db.update(jobs).set({ status: 'failed' }).where(eq(jobs.id, clip.job_id))
  await ok('DELETE', `/v1/clips/${clip.id}`)
}

async function webhooks(stream: { id: string }): Promise<void> {
  const endpoint = await ok('POST', '/v1/webhook-endpoints', { url: 'https://example.com/hook' })
  const path = `/v1/webhook-endpoints/${endpoint.id}`
  await ok('GET', '/v1/webhook-endpoints')
  await ok('GET', path)
  await ok('PATCH', path, { description: 'mine' })
  const { event_id: eventId } = await ok('POST', `${path}:test`)
  await ok('POST', `${path}:rotate-secret`)
  await ok('POST', `${path}:redeliver`, { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' })
  const [event] = await control.db.select().from(events).where(eq(events.id, eventId))
  const { projectId, subjectType, subjectId, seq } = event!
  const id = newId('delivery')
  await control.db
    .insert(deliveries)
    .values({ id, projectId, endpointId: endpoint.id, eventId, subjectType, subjectId, seq, status: 'failed' })
  await ok('GET', `${path}/deliveries`)
  await ok('GET', `/v1/deliveries/${id}`)
  await ok('POST', `/v1/deliveries/${id}:retry`)
  await ok('GET', '/v1/events')
  await ok('GET', `/v1/events/${eventId}`)
  const { data } = await ok('GET', `/v1/events?subject_id=${stream.id}&order=asc`)
  assert.deepEqual(
    data.map(({ type }: { type: string }) => type),
    [
      'stream.created',
      'stream.updated',
      'stream.disabled',
      'stream.enabled',
      'key.created',
      'key.rotated',
      'key.revoked',
      'stream.connected',
      'viewer.joined',
      'stream.ended',
    ],
  )
  await ok('POST', `/v1/events/${eventId}:redeliver`)
  await ok('DELETE', path)
}

async function nodes(nodeId: string, node: Link): Promise<void> {
  await ok('GET', '/v1/nodes')
  const drain = await ok('POST', `/v1/nodes/${nodeId}:drain`)
  assert.deepEqual([drain.status, drain.total], ['running', 1])
  assert.equal((await ok('GET', `/v1/nodes/${nodeId}`)).state, 'draining')
  await ok('POST', `/v1/nodes/${nodeId}:undrain`)
  assert.equal((await control.call('DELETE', `/v1/nodes/${nodeId}`)).body.code, 'NODE_ALIVE')
  await node.desired()
  control.advance(120_000)
  await ok('DELETE', `/v1/nodes/${nodeId}`)
}
