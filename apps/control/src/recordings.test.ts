import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { after, before } from 'node:test'

import { auditLog, deleteExpiredRecordings, failRecording, jobs, newId, recordings, transaction } from '@millrace/db'
import { eq } from 'drizzle-orm'

import { later, TestRecordings } from './test-support/recordings.ts'

let on: TestRecordings
before(async () => {
  on = await TestRecordings.start()
})
after(() => on.control.close())

test('a heartbeat without a take says that nothing of it waits any more', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const broadcast = await node.publish(name)
  const takes = [await node.take(broadcast, on.storageId), await node.take(broadcast, on.storageId)]
  const uploads = takes.map((take) => ({ take_id: take, segments: 1, bytes: 10 }))
  const pending = async () => (await on.of(streamId))[0].progress.pending_bytes
  await node.heartbeat({ uploads })
  assert.equal(await pending(), 20)
  await node.heartbeat()
  assert.equal(await pending(), 20)
  await node.heartbeat({ uploads: uploads.slice(1) })
  assert.equal(await pending(), 10)
  await node.heartbeat({ uploads: [] })
  assert.equal(await pending(), 0)
})

test('a broadcast is recorded by hand: start, split, stop, and the node is told each time', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream({ record: { mode: 'manual', format: 'ts', segment_s: 2 } })
  assert.deepEqual(await on.refused('POST', `/v1/streams/${streamId}/recordings`, {}), [409, 'STREAM_NOT_ON_AIR'])
  const broadcast = await node.publish(name)
  assert.equal(broadcast.grant.archive, null)
  assert.deepEqual(await on.of(streamId), [])
  const started = await on.control.call('POST', `/v1/streams/${streamId}/recordings`, {
    body: { title: 'Final', metadata: { half: '1' } },
  })
  assert.equal(started.status, 201)
  assert.equal(started.headers.get('location'), `/v1/recordings/${started.body.id}`)
  assert.deepEqual(
    [started.body.mode, started.body.status, started.body.title, started.body.format],
    ['manual', 'recording', 'Final', 'ts'],
  )
  assert.deepEqual(await on.refused('POST', `/v1/streams/${streamId}/recordings`, {}), [409, 'RECORDING_ACTIVE'])
  assert.deepEqual(await on.refused('POST', `/v1/recordings/${started.body.id}:finish`), [409, 'RECORDING_ACTIVE'])
  assert.deepEqual(await on.refused('DELETE', `/v1/recordings/${started.body.id}`), [409, 'RECORDING_ACTIVE'])

  // the segment that is being written began before
  const take = await node.take(broadcast, on.storageId, on.control.now(), 'ts')
  await node.segment(take, 0, later(on.control.now(), -1), { durationMs: 2000 })
  on.control.advance(3000)
  const { ended, started: second } = await on.ok('POST', `/v1/recordings/${started.body.id}:split`)
  assert.deepEqual([ended.segments, second.title, second.metadata], [1, 'Final', { half: '1' }])
  on.control.advance(3000)
  const stopped = await on.ok('POST', `/v1/recordings/${second.id}:stop`)
  assert.equal(stopped.status, 'uploading')
  assert.deepEqual(await on.refused('POST', `/v1/recordings/${second.id}:stop`), [409, 'RECORDING_ENDED'])
  assert.deepEqual(await on.refused('POST', `/v1/recordings/${second.id}:split`), [409, 'RECORDING_ENDED'])
  const order = { storage_id: on.storageId, format: 'ts', segment_ms: 2000, live_playlist: null }
  assert.deepEqual(await on.orders(broadcast), [order, null])
  const actions = await on.control.db.select().from(auditLog).where(eq(auditLog.subjectId, started.body.id))
  assert.deepEqual(
    actions.map(({ action }) => action),
    ['recording.started', 'recording.split'],
  )
})

test('a manual recording keeps its own storage and format, while settings change', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream({ dvr_window_s: 600 })
  const own = await on.storage()
  const broadcast = await node.publish(name)
  const window = { storage_id: on.storageId, format: 'fmp4', segment_ms: 4000, live_playlist: null }
  assert.deepEqual(broadcast.grant.archive, window)
  const take = await node.take(broadcast, on.storageId)
  const foreign = await on.control.project(`p${randomUUID()}`)
  assert.ok(foreign)
  assert.deepEqual(await on.refused('POST', `/v1/streams/${streamId}/recordings`, { storage_id: newId('storage') }), [
    404,
    'STORAGE_NOT_FOUND',
  ])
  const { id } = await on.ok('POST', `/v1/streams/${streamId}/recordings`, { storage_id: own, format: 'mp4' })
  await on.ok('PATCH', `/v1/streams/${streamId}`, { live_playlist: true, live_window_s: 30 })
  // of the window: not in the storage of the recording
  await node.segment(take, 0, on.control.now())
  const [recording] = await on.of(streamId)
  assert.deepEqual([recording.segments, recording.format, recording.storage_id], [0, 'mp4', own])
  await on.ok('POST', `/v1/recordings/${id}:stop`)
  assert.deepEqual(await on.orders(broadcast), [
    { ...window, storage_id: own },
    { ...window, storage_id: own, live_playlist: { window_s: 30 } },
    { ...window, live_playlist: { window_s: 30 } },
  ])
})

test('a vhost decides for streams that say nothing themselves', async () => {
  const vhost = await on.ok('POST', '/v1/vhosts', {
    name: `${randomUUID()}.example`,
    access: 'open',
    record: { mode: 'automatic', format: 'mp4', path: '[app]/[stream].[timestamp].mp4' },
    dvr_window_s: 60,
  })
  assert.deepEqual([vhost.record.plan, vhost.dvr_window_s, vhost.live_window_s], ['session', 60, 60])
  const node = await on.node()
  const request = { action: 'publish', protocol: 'rtmp', vhost: vhost.name, app: 'live', stream: 'any' }
  const admit = async () =>
    (
      await on.control.call('POST', '/node/v1/admit', {
        token: on.control.nodeToken,
        body: { node_id: node.nodeId, ...request, client: { ip: '192.0.2.1' } },
      })
    ).body
  const grant = await admit()
  assert.deepEqual([grant.archive.format, grant.archive.segment_ms], ['fmp4', 4000])
  await on.ok('PATCH', `/v1/streams/${grant.stream_id}`, { record: { mode: 'off' }, dvr_window_s: 0 })
  assert.equal((await admit()).archive, null)
  const { record } = await on.ok('PATCH', `/v1/streams/${grant.stream_id}`, { record: { segment_s: 10 } })
  assert.deepEqual([record.mode, record.segment_s], ['off', 10])
  assert.deepEqual(await on.refused('PATCH', `/v1/streams/${grant.stream_id}`, { record: { plan: 'segment' } }), [
    422,
    'REQUEST_INVALID',
  ])
  for (const path of ['../x.mp4', '/x', '[nothing].mp4', 'a]b', 'a//b']) {
    assert.deepEqual(await on.refused('PATCH', `/v1/vhosts/${vhost.id}`, { record: { path } }), [
      422,
      'REQUEST_INVALID',
    ])
  }
})

test('nothing is archived without a storage of the project', async () => {
  const projectId = await on.control.project(`p${randomUUID()}`)
  const token = await on.control.token(['admin'], projectId)
  const vhost = (
    await on.control.call('POST', '/v1/vhosts', { token, body: { name: `${randomUUID()}.example`, access: 'open' } })
  ).body
  const create = async (settings: object) =>
    (await on.control.call('POST', '/v1/streams', { token, body: { vhost: vhost.name, ...settings } })).body
  assert.equal((await create({ record: { mode: 'automatic' } })).code, 'STORAGE_MISSING')
  assert.equal((await create({ dvr_window_s: 10 })).code, 'STORAGE_MISSING')
  const foreign = { record: { mode: 'manual', storage_id: on.storageId } }
  assert.equal((await create(foreign)).code, 'STORAGE_NOT_FOUND')
  const { body } = await on.control.call('PATCH', `/v1/vhosts/${vhost.id}`, { token, body: foreign })
  assert.equal(body.code, 'STORAGE_NOT_FOUND')
})

test('endpoints hear of segments only when they name them', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const t0 = on.control.now()
  const broadcast = await node.publish(name, t0)
  const take = await node.take(broadcast, on.storageId, t0)
  const [{ id }] = await on.of(streamId)
  await on.ok('POST', '/v1/webhook-endpoints', { url: 'https://all.example' })
  await node.segment(take, 0, t0)
  assert.deepEqual(await on.events(id), ['started'])
  const endpoint = await on.ok('POST', '/v1/webhook-endpoints', {
    url: 'https://some.example',
    event_types: ['recording.segment'],
  })
  await node.segment(take, 1, later(t0, 4))
  const { body } = await on.control.call('GET', `/v1/events?subject_id=${id}`)
  assert.equal(body.data[0].type, 'recording.segment')
  assert.equal(body.data[0].data.key, `streams/${streamId}/${take}/1.m4s`)
  await on.ok('DELETE', `/v1/webhook-endpoints/${endpoint.id}`)
})

test('a recording is described, kept for a time, and deleted with a trail', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const broadcast = await node.publish(name)
  on.control.advance(1000)
  await node.ended(broadcast.sessionId)
  on.control.advance(11_000)
  await on.keep()
  const [{ id }] = await on.of(streamId)
  const first = await on.control.call('GET', `/v1/recordings/${id}`)
  const changed = await on.ok('PATCH', `/v1/recordings/${id}`, {
    title: 'Cup',
    metadata: { a: 'b' },
    retention_days: 1,
  })
  assert.deepEqual([changed.title, changed.metadata, changed.retention_days], ['Cup', { a: 'b' }, 1])
  const conflict = await on.control.call('PATCH', `/v1/recordings/${id}`, {
    body: { title: 'x' },
    headers: { 'if-match': first.headers.get('etag')! },
  })
  assert.equal(conflict.body.code, 'VERSION_CONFLICT')

  const extra = await on.ok('POST', `/v1/recordings/${id}/playback-ids`, { policy: 'signed' })
  assert.equal((await on.ok('GET', `/v1/recordings/${id}/playback-ids`)).data.length, 2)
  assert.deepEqual(await on.refused('DELETE', `/v1/streams/${streamId}/playback-ids/${extra.id}`), [
    404,
    'PLAYBACK_ID_NOT_FOUND',
  ])
  await on.ok('DELETE', `/v1/recordings/${id}/playback-ids/${extra.id}`)
  assert.deepEqual(await on.refused('DELETE', `/v1/streams/${streamId}`), [409, 'STREAM_HAS_RECORDINGS'])

  const deleted = await on.control.call('DELETE', `/v1/recordings/${id}`)
  assert.deepEqual([deleted.status, deleted.body.type, deleted.body.subject.id], [202, 'recording.delete', id])
  const gone = await on.get(id)
  assert.deepEqual([gone.status, gone.playback_ids, gone.expires_at], ['deleted', [], null])
  assert.deepEqual(await on.of(streamId), [])
  assert.equal((await on.of(streamId, '&status=deleted')).length, 1)
  for (const [method, path] of [
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', ':stop'],
    ['POST', ':finish'],
  ] as const) {
    const body = method === 'PATCH' ? {} : undefined
    assert.deepEqual(await on.refused(method, `/v1/recordings/${id}${path}`, body), [404, 'RECORDING_NOT_FOUND'])
  }
  assert.deepEqual(await on.events(id), ['started', 'uploading', 'deleted'])
  const actions = await on.control.db.select().from(auditLog).where(eq(auditLog.subjectId, id)).orderBy(auditLog.id)
  assert.equal(actions.at(-1)!.action, 'recording.deleted')
  assert.deepEqual([actions.at(-1)!.details['reason'], actions.at(-1)!.details['segments']], ['requested', 0])
  await on.ok('DELETE', `/v1/streams/${streamId}`)
})

test('a recording whose retention is over is deleted', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream({ record: { mode: 'automatic', retention_days: 3 } })
  const broadcast = await node.publish(name)
  await node.ended(broadcast.sessionId)
  on.control.advance(11_000)
  await on.keep()
  const [{ id }] = await on.of(streamId)
  await deleteExpiredRecordings(on.control.db, later(on.control.now(), 2 * 86_400))
  assert.equal((await on.get(id)).status, 'uploading')
  await deleteExpiredRecordings(on.control.db, later(on.control.now(), 3 * 86_400))
  assert.equal((await on.get(id)).status, 'deleted')
  const [row] = await on.control.db.select().from(auditLog).where(eq(auditLog.subjectId, id))
  assert.deepEqual([row!.action, row!.tokenId, row!.details['reason']], ['recording.deleted', null, 'retention'])
})

test('a finish that is given up is told, and tried again when asked for', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const broadcast = await node.publish(name)
  await node.ended(broadcast.sessionId)
  on.control.advance(11_000)
  await on.keep()
  const [{ id, job_id: jobId }] = await on.of(streamId)
  assert.equal((await on.ok('POST', `/v1/recordings/${id}:finish`)).id, jobId)
  const { indexVersion } = await on.row(id)
  await transaction(on.control.db, async (tx) => {
    await tx.update(jobs).set({ status: 'failed', finishedAt: on.control.now() }).where(eq(jobs.id, jobId))
    await failRecording({ db: tx, now: on.control.now() }, id, indexVersion, 'RECORDING_EMPTY')
  })
  const failed = await on.get(id)
  assert.deepEqual([failed.status, failed.error_code], ['failed', 'RECORDING_EMPTY'])
  assert.equal(await on.finishes(id), 1)
  const again = await on.control.call('POST', `/v1/recordings/${id}:finish`)
  assert.equal(again.status, 202)
  assert.equal(await on.finishes(id), 2)
  assert.deepEqual(await on.events(id), ['started', 'uploading', 'failed'])
})

test('a finish of what has changed meanwhile keeps its files, and another follows', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const t0 = on.control.now()
  const broadcast = await node.publish(name, t0)
  const take = await node.take(broadcast, on.storageId, t0)
  await node.segment(take, 0, t0)
  await node.closed(take, 1)
  await node.ended(broadcast.sessionId)
  on.control.advance(11_000)
  await on.keep()
  const [{ id }] = await on.of(streamId)
  const { indexVersion: version } = await on.row(id)
  await on.control.db
    .update(recordings)
    .set({ indexVersion: version + 1 })
    .where(eq(recordings.id, id))
  await on.finish(id, version)
  assert.equal((await on.get(id)).status, 'uploading')
  assert.equal(await on.finishes(id), 2)
})

test('recordings are listed by stream, status and time', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const t0 = on.control.now()
  for (let i = 0; i < 2; i++) {
    const broadcast = await node.publish(name)
    on.control.advance(10_000)
    await node.ended(broadcast.sessionId)
    on.control.advance(50_000)
    await on.keep()
  }
  const count = async (query: string) => (await on.of(streamId, query)).length
  const at = (seconds: number) => later(t0, seconds).toISOString()
  assert.deepEqual(
    [
      await count(''),
      await count('&status=uploading'),
      await count('&status=recording'),
      await count(`&from=${at(20)}`),
      await count(`&to=${at(20)}`),
      await count(`&from=${at(20)}&to=${at(40)}`),
    ],
    [2, 2, 0, 1, 1, 0],
  )
  const page = await on.ok('GET', `/v1/recordings?stream_id=${streamId}&limit=1`)
  assert.equal(page.has_more, true)
  assert.equal((await on.ok('GET', `/v1/recordings?stream_id=${streamId}&limit=1&after=${page.next}`)).has_more, false)
})
