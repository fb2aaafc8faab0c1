import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { after, before } from 'node:test'

import { mediaSegments, newId, noteAwake, reapLeases } from '@millrace/db'
import { eq } from 'drizzle-orm'

import { GRACE_MS, later, TestRecordings } from './test-support/recordings.ts'

let on: TestRecordings
before(async () => {
  on = await TestRecordings.start()
})
after(() => on.control.close())

test('a node that dies and comes back: one recording over both broadcasts, with the gap and a discontinuity', async () => {
  const nodeName = randomUUID()
  const node = await on.node(nodeName)
  const { id: streamId, name } = await on.stream()
  const t0 = on.control.now()
  const first = await node.publish(name, t0)
  const lost = await node.take(first, on.storageId, t0)
  await node.segment(lost, 0, later(t0, 0))
  on.control.advance(6000)
  // killed: the next boot finds the take on its disk
  await node.register()
  const t1 = on.control.now()
  const second = await node.publish(name, t1)
  const take = await node.take(second, on.storageId, t1)
  await node.segment(take, 0, t1)
  await node.segment(lost, 1, later(t0, 4), { durationMs: 700 })
  await node.closed(lost, 2)
  const [recording, ...others] = await on.of(streamId)
  assert.equal(others.length, 0)
  assert.deepEqual(recording.session_ids, [first.sessionId, second.sessionId])
  assert.deepEqual([recording.status, recording.segments, recording.discontinuities], ['recording', 3, 1])
  assert.deepEqual(
    recording.gaps.map(({ from, reason }: { from: string; reason: string }) => [Date.parse(from), reason]),
    [[later(t0, 4.7).getTime(), 'node_lost']],
  )
})

test('a stream that moves to another node while its own is not heard of goes on in the same recording', async () => {
  const [node, other] = [await on.node(), await on.node()]
  const { id: streamId, name } = await on.stream()
  const first = await node.publish(name)
  await noteAwake(on.control.db, on.control.now())
  for (let i = 0; i < 4; i++) {
    on.control.advance(5000)
    await noteAwake(on.control.db, on.control.now())
  }
  await reapLeases(on.control.db, on.control.now())
  assert.equal((await on.ok('GET', `/v1/streams/${streamId}`)).status, 'reconnecting')
  const second = await other.publish(name)
  const [recording, ...rest] = await on.of(streamId)
  assert.equal(rest.length, 0)
  assert.deepEqual([recording.status, recording.session_ids], ['recording', [first.sessionId, second.sessionId]])
  assert.equal((await on.row(recording.id)).closeAt, null)
})

test('what a node sends after it has lost the stream is no part of the archive, whichever is told first', async () => {
  const [stale, node] = [await on.node(), await on.node()]
  const { id: streamId, name } = await on.stream()
  const t0 = on.control.now()
  const former = await stale.publish(name, t0)
  const staleTake = await stale.take(former, on.storageId, t0)
  await stale.segment(staleTake, 0, t0)
  await stale.segment(staleTake, 1, later(t0, 4))
  await stale.segment(staleTake, 2, later(t0, 8))
  const current = await node.publish(name, later(t0, 5))
  assert.ok(current.epoch! > former.epoch!)
  const take = await node.take(current, on.storageId, later(t0, 5))
  await stale.segment(staleTake, 3, later(t0, 12))
  await node.segment(take, 0, later(t0, 5.5))
  const rows = await on.control.db
    .select({ takeId: mediaSegments.takeId, seq: mediaSegments.seq })
    .from(mediaSegments)
    .where(eq(mediaSegments.streamId, streamId))
    .orderBy(mediaSegments.startsAt)
  assert.deepEqual(
    rows.map(({ takeId, seq }) => [takeId === take, seq]),
    [
      [false, 0],
      [false, 1],
      [true, 0],
    ],
  )
  const [recording] = await on.of(streamId)
  assert.deepEqual([recording.segments, recording.size_bytes], [3, 300_000])
})

test('the end of a broadcast that had lost its stream ends no recording of the one that has it', async () => {
  const [stale, node] = [await on.node(), await on.node()]
  const { id: streamId, name } = await on.stream()
  const former = await stale.admit(name)
  await node.publish(name)
  await stale.connected(name, { sessionId: newId('session'), streamId, epoch: former.epoch })
  const [recording] = await on.of(streamId)
  assert.equal((await on.row(recording.id)).closeAt, null)
})

test('what a node recorded while it was given up makes the recording longer', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream({ record: { mode: 'automatic', retention_days: 1 } })
  const t0 = on.control.now()
  const broadcast = await node.publish(name, t0)
  const take = await node.take(broadcast, on.storageId, t0)
  await node.segment(take, 0, t0)
  for (let i = 0; i < 8; i++) {
    on.control.advance(5000)
    await noteAwake(on.control.db, on.control.now())
    await reapLeases(on.control.db, on.control.now())
  }
  on.control.advance(11_000)
  await on.keep()
  const [given] = await on.of(streamId)
  assert.equal(given.status, 'uploading')
  const { end_reason: reason, ended_at: lostAt } = await on.ok('GET', `/v1/sessions/${broadcast.sessionId}`)
  assert.deepEqual([reason, lostAt], ['node_lost', given.ended_at])
  for (let i = 1; i < 20; i++) await node.segment(take, i, later(t0, i * 4))
  await node.closed(take, 20)
  const [recording, ...others] = await on.of(streamId)
  assert.equal(others.length, 0)
  assert.deepEqual([recording.segments, recording.ended_at], [20, later(t0, 80).toISOString()])
  assert.equal(Date.parse(recording.expires_at) - Date.parse(recording.ended_at), 86_400_000)
  assert.equal(await on.finishes(recording.id), 1)
})

test('a node that is lost with media holds a recording up for the grace only; what it brings later completes it', async () => {
  const nodeName = randomUUID()
  const node = await on.node(nodeName)
  const { id: streamId, name } = await on.stream()
  const t0 = on.control.now()
  const broadcast = await node.publish(name, t0)
  const take = await node.take(broadcast, on.storageId, t0)
  await node.segment(take, 0, t0)
  await node.heartbeat({ uploads: [{ take_id: take, segments: 3, bytes: 900 }] })
  on.control.advance(8000)
  await node.ended(broadcast.sessionId)
  on.control.advance(20_000)
  await on.keep()
  const [{ id, progress }] = await on.of(streamId)
  assert.deepEqual(progress, { stored_segments: 1, pending_segments: 3, pending_bytes: 900, finish_percent: null })
  on.control.advance(GRACE_MS - 60_000)
  await node.heartbeat({ uploads: [{ take_id: take, segments: 3, bytes: 900 }] })
  on.control.advance(120_000)
  // it was heard of
  assert.equal(await on.finishes(id), 0)
  on.control.advance(GRACE_MS)
  assert.equal(await on.finishes(id), 1)
  assert.equal((await on.get(id)).progress.finish_percent, 0)
  await on.finish(id)
  assert.equal((await on.get(id)).status, 'partial')
  assert.equal(await on.finishes(id), 1)

  await node.register()
  await node.segment(take, 1, later(t0, 4))
  // more is to come
  assert.equal(await on.finishes(id), 1)
  await node.closed(take, 2)
  assert.equal(await on.finishes(id), 2)
  await on.finish(id)
  const done = await on.get(id)
  assert.deepEqual([done.status, done.segments, done.progress.pending_segments], ['ready', 2, 0])
  assert.deepEqual(await on.events(id), ['started', 'uploading', 'partial', 'ready'])
})

test('a take that is closed while a recording is being finished without it: the finish is run again', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const broadcast = await node.publish(name)
  const t0 = on.control.now()
  const take = await node.take(broadcast, on.storageId, t0)
  await node.segment(take, 0, t0)
  on.control.advance(4000)
  await node.ended(broadcast.sessionId)
  on.control.advance(GRACE_MS + 60_000)
  const [{ id }] = await on.of(streamId)
  assert.equal(await on.finishes(id), 1)
  const row = await on.row(id)
  await on.finish(id, row.indexVersion, async () => {
    await node.register()
    await node.closed(take, 1)
  })
  assert.notEqual((await on.get(id)).status, 'partial')
  assert.equal(await on.finishes(id), 2)
  await on.finish(id)
  assert.equal((await on.get(id)).status, 'ready')
})

test('a broadcast that was admitted while control was away is recorded, and its node is told how', async () => {
  const node = await on.node()
  const { id: streamId, name } = await on.stream()
  const broadcast = { sessionId: newId('session'), streamId, epoch: null }
  await node.connected(name, broadcast)
  const [recording] = await on.of(streamId)
  assert.equal(recording.status, 'recording')
  const [order] = await on.orders(broadcast)
  assert.equal(order?.storage_id, on.storageId)
  // of an order that is out of date
  const old = await on.storage()
  await node.take(broadcast, old)
  assert.equal((await on.orders(broadcast)).length, 2)
})
