import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import { gapsOfStream, newId } from '@millrace/db'

import { segmentReport } from './test-support/archive-node.ts'
import { later, TestRecordings } from './test-support/recordings.ts'

let on: TestRecordings
before(async () => {
  on = await TestRecordings.start()
})
after(() => on.control.close())

test('a broadcast of a stream that is recorded automatically becomes a recording, from its grant to ready', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream({
    record: { mode: 'automatic', segment_s: 6, retention_days: 2 },
    live_playlist: true,
  })
  const t0 = on.control.now()
  const broadcast = await node.publish(name, t0)
  assert.deepEqual(broadcast.grant.archive, {
    storage_id: on.storageId,
    format: 'fmp4',
    segment_ms: 6000,
    live_playlist: { window_s: 60 },
  })
  const take = await node.take(broadcast, on.storageId, t0)
  await node.segment(take, 0, later(t0, 0.2))
  await node.segment(take, 1, later(t0, 4.2))
  const [open] = await on.of(streamId)
  assert.deepEqual(
    [open.status, open.segments, open.duration_s, open.size_bytes, open.ended_at, open.session_ids, open.gaps],
    ['recording', 2, 8, 200_000, null, [broadcast.sessionId], []],
  )
  assert.equal(open.started_at, t0.toISOString())
  assert.equal(open.playback_ids.length, 1)
  // a name of the recording is none of the stream
  assert.equal((await on.ok('GET', `/v1/streams/${streamId}`)).playback_ids.length, 1)

  on.control.advance(8200)
  const endedAt = on.control.now()
  await node.ended(broadcast.sessionId, endedAt)
  await on.keep()
  assert.equal((await on.ok('GET', `/v1/recordings/${open.id}`)).status, 'recording')
  on.control.advance(11_000)
  assert.equal(await on.finishes(open.id), 0)
  const uploading = await on.ok('GET', `/v1/recordings/${open.id}`)
  assert.equal(uploading.status, 'uploading')
  assert.equal(uploading.ended_at, endedAt.toISOString())
  assert.equal(Date.parse(uploading.expires_at) - Date.parse(uploading.ended_at), 2 * 86_400_000)

  await node.segment(take, 2, later(t0, 8.2), { durationMs: 250 })
  await node.closed(take, 3)
  assert.equal(await on.finishes(open.id), 1)
  assert.equal(await on.finishes(open.id), 1)
  await on.finish(open.id)
  const ready = await on.ok('GET', `/v1/recordings/${open.id}`)
  assert.deepEqual(
    [ready.status, ready.segments, ready.duration_s, ready.size_bytes, ready.files.length, ready.discontinuities],
    ['ready', 3, 8.25, 300_500, 1, 0],
  )
  assert.equal(await on.finishes(open.id), 1)
  assert.deepEqual(await on.events(open.id), ['started', 'uploading', 'ready'])
})

test('reports that come again change nothing, also under new numbers', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const t0 = on.control.now()
  const broadcast = await node.publish(name, t0)
  const take = await node.take(broadcast, on.storageId, t0)
  for (let i = 0; i < 3; i++) await node.segment(take, 0, later(t0, 1))
  await node.report(t0, {
    type: 'take.opened',
    take_id: take,
    session_id: broadcast.sessionId,
    stream_id: streamId,
    storage_id: on.storageId,
    format: 'fmp4',
    epoch: broadcast.epoch,
  })
  await node.closed(take, 1)
  await node.closed(take, 1)
  const [recording] = await on.of(streamId)
  assert.deepEqual([recording.segments, recording.size_bytes], [1, 100_000])
})

test('many segments in one batch, of several takes, in any order and with bad ones among them, count each once', async () => {
  const node = await on.node()
  const [one, two] = [
    await on.stream(),
    await on.stream({ record: { mode: 'automatic', plan: 'segment', split_s: 10 } }),
  ]
  const t0 = on.control.now()
  const takes: string[] = []
  for (const { name } of [one, two]) takes.push(await node.take(await node.publish(name, t0), on.storageId, t0))
  const batch = [4, 0, 3, 1, 2, 5, 2, 6].flatMap((i) => takes.map((take) => segmentReport(take, i, later(t0, i * 4))))
  const bad = [segmentReport(newId('take'), 0, t0), { ...segmentReport(takes[0]!, 7, t0), duration_ms: -1 }]
  assert.deepEqual(await node.send(t0, ...batch, ...bad), ['TAKE_NOT_FOUND', 'REPORT_INVALID'])
  const counts = async (id: string) => (await on.of(id)).map(({ segments }: { segments: number }) => segments)
  assert.deepEqual([await counts(one.id), await counts(two.id)], [[7], [3, 3, 1]])
})

test('a take belongs to the node that opened it, and an unknown one is refused alone', async () => {
  const [node, other] = [await on.node(), await on.node()]
  const { name } = await on.stream()
  const broadcast = await node.publish(name)
  const take = await node.take(broadcast, on.storageId)
  const t0 = on.control.now()
  assert.deepEqual(
    await other.send(t0, segmentReport(take, 0, t0), segmentReport(newId('take'), 0, t0), {
      type: 'take.closed',
      take_id: take,
      segments: 0,
    }),
    ['TAKE_FOREIGN', 'TAKE_NOT_FOUND', 'TAKE_FOREIGN'],
  )
})

test('a publisher who comes back after the window makes another recording', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const first = await node.publish(name)
  on.control.advance(1000)
  const endedAt = on.control.now()
  await node.ended(first.sessionId, endedAt)
  on.control.advance(60_000)
  // no keeper ran meanwhile
  await node.publish(name)
  const [before_, after_] = await on.of(streamId)
  assert.deepEqual([before_.status, after_.status], ['uploading', 'recording'])
  assert.equal(before_.ended_at, endedAt.toISOString())
})

test('the plan `segment` goes on in a new recording at the first segment after its time', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream({ record: { mode: 'automatic', plan: 'segment', split_s: 10 } })
  const t0 = on.control.now()
  const broadcast = await node.publish(name, t0)
  const take = await node.take(broadcast, on.storageId, t0)
  // uploads overtake each other
  for (const i of [0, 1, 2, 4, 3, 5, 6, 7]) await node.segment(take, i, later(t0, i * 4))
  const list = await on.of(streamId)
  assert.deepEqual(
    list.map((recording: Record<string, unknown>) => [recording['status'], recording['segments']]),
    [
      ['uploading', 4],
      ['uploading', 3],
      ['recording', 1],
    ],
  )
  assert.equal(list[0].ended_at, later(t0, 16).toISOString())
  assert.equal(list[1].started_at, list[0].ended_at)
  // the broadcast goes on, and yet all of the first is there; the second ends where the third begins
  assert.deepEqual(await Promise.all(list.map(({ id }: { id: string }) => on.finishes(id))), [1, 1, 0])
})

test('a recording waits for a segment that is missing in the middle of a take that goes on', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const t0 = on.control.now()
  const broadcast = await node.publish(name, t0)
  const take = await node.take(broadcast, on.storageId, t0)
  await node.segment(take, 0, t0)
  on.control.advance(5000)
  const [open] = await on.of(streamId)
  const { ended, started } = await on.ok('POST', `/v1/recordings/${open.id}:split`)
  assert.deepEqual([ended.id, ended.status, started.status], [open.id, 'uploading', 'recording'])
  assert.equal(started.started_at, ended.ended_at)
  await node.segment(take, 2, later(t0, 8))
  assert.equal(await on.finishes(open.id), 0)
  await node.segment(take, 1, later(t0, 4))
  assert.equal(await on.finishes(open.id), 1)
  const list = await on.of(streamId)
  assert.deepEqual(
    list.map(({ segments }: { segments: number }) => segments),
    [2, 1],
  )
})

test('the plan `append` goes on with the last recording, which is finished anew', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream({ record: { mode: 'automatic', plan: 'append' } })
  const publishOnce = async () => {
    const t0 = on.control.now()
    const broadcast = await node.publish(name, t0)
    const take = await node.take(broadcast, on.storageId, t0)
    await node.segment(take, 0, t0)
    await node.closed(take, 1)
    on.control.advance(4000)
    await node.ended(broadcast.sessionId)
    on.control.advance(11_000)
    await on.keep()
  }
  await publishOnce()
  const [first] = await on.of(streamId)
  await on.finish(first.id)
  await publishOnce()
  await on.finish(first.id)
  const [recording, ...others] = await on.of(streamId)
  assert.equal(others.length, 0)
  assert.deepEqual([recording.id, recording.status, recording.segments], [first.id, 'ready', 2])
  assert.deepEqual(
    recording.gaps.map(({ reason }: { reason: string }) => reason),
    ['publisher_away'],
  )
  assert.deepEqual(await on.events(first.id), ['started', 'uploading', 'ready', 'started', 'uploading', 'ready'])
})

test('segments that are lost are gaps, and the recording is partial', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const t0 = on.control.now()
  const broadcast = await node.publish(name, t0)
  const take = await node.take(broadcast, on.storageId, t0)
  await node.segment(take, 0, t0)
  await node.segment(take, 1, later(t0, 4), { lost: 'SPOOL_FULL' })
  await node.segment(take, 2, later(t0, 8), { lost: 'SPOOL_FULL' })
  await node.segment(take, 3, later(t0, 12), { discontinuity: true })
  await node.closed(take, 4)
  await node.ended(broadcast.sessionId)
  on.control.advance(30_000)
  await on.keep()
  const [{ id }] = await on.of(streamId)
  await on.finish(id)
  const recording = await on.get(id)
  assert.deepEqual([recording.status, recording.segments, recording.discontinuities], ['partial', 2, 1])
  const gap = { from: later(t0, 4).toISOString(), to: later(t0, 12).toISOString(), reason: 'storage' }
  assert.deepEqual(recording.gaps, [gap])
  assert.deepEqual(await gapsOfStream(on.control.db, streamId, t0, later(t0, 60)), [gap])
  assert.deepEqual(await gapsOfStream(on.control.db, streamId, t0, later(t0, 6)), [
    { ...gap, to: later(t0, 8).toISOString() },
  ])
})
