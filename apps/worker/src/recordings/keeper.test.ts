import assert from 'node:assert/strict'
import test from 'node:test'

import { recordingPrefix, segmentKey } from '@millrace/contracts'
import { Scope, silentLogger } from '@millrace/core'
import { connect, jobs, mediaSegments, recordings, streams, takes } from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'
import { openQueues } from '@millrace/jobs'
import { eq } from 'drizzle-orm'

import { eventually } from '../../../../test/support/eventually.ts'
import { testScope } from '../../../../test/support/scope.ts'
import { startWork } from '../work/start.ts'
import { cut, encode, START_MS, TestArchive } from './archive.test-support.ts'
import { startKeeper } from './keeper.ts'
import { pruneSegments } from './prune.ts'

let postgres: TestPostgres
test.before(async () => {
  postgres = await startTestPostgres()
})
test.after(() => postgres.close())

const fail = (error: unknown): void => assert.fail(String(error))

test('workers finish what is over, wait for what is still to come, and delete what retention ends', async (t) => {
  const scope = testScope(t)
  const archive = await TestArchive.create(scope, await postgres.createDatabase())
  const { db, databaseUrl } = archive.tenant
  const segments = cut(await encode(scope, { audio: 'aac', seconds: 4 }), 1000)
  const [hour, day] = [3_600_000, 86_400_000]
  const open = { status: 'recording', endedAt: null, closeAt: new Date(START_MS + 10_000) } as const
  const over = await archive.recording({ format: 'fmp4', ...open })
  await archive.take(over, segments)
  const waiting = await archive.recording({
    format: 'fmp4',
    startedAt: new Date(START_MS + hour),
    endedAt: new Date(START_MS + hour + 5000),
  })
  const lateTake = await archive.take(waiting, segments.slice(0, 2), { startsAtMs: START_MS + hour, open: true })
  const expired = await archive.recording({
    format: 'fmp4',
    status: 'ready',
    startedAt: new Date(START_MS - day),
    endedAt: new Date(START_MS - day + hour),
    expiresAt: new Date(START_MS),
  })
  await archive.take(expired, segments, { startsAtMs: START_MS - day })

  // two workers, as there may be
  for (let i = 0; i < 2; i++) {
    const own = new Scope()
    scope.defer(() => own.close())
    const sql = connect(databaseUrl, { maxConnections: 1 })
    own.defer(() => sql.end({ timeout: 1 }))
    const queues = own.use(await openQueues(databaseUrl))
    await startWork(own, archive.deps, { queues, sql, concurrency: 2 })
    startKeeper(own, { db, stores: archive.stores, log: silentLogger, graceMs: hour })
  }
  const statusOf = async (id: string): Promise<string> => (await archive.recordingRow(id)).status
  await eventually('the first is ready', async () => (await statusOf(over)) === 'ready')
  await eventually('the old one is deleted', async () => {
    const rows = await db.select().from(jobs).where(eq(jobs.subjectId, expired))
    return (await statusOf(expired)) === 'deleted' && rows.every(({ status }) => status === 'succeeded')
  })
  assert.equal(await db.$count(mediaSegments, eq(mediaSegments.recordingId, expired)), 0)
  assert.deepEqual(await archive.keys(recordingPrefix(expired)), [])
  assert.equal(await statusOf(waiting), 'uploading')
  // its node is not heard of for longer than the grace
  await db
    .update(takes)
    .set({ updatedAt: new Date(Date.now() - 2 * hour) })
    .where(eq(takes.id, lateTake))
  await eventually('the one that waited is partial', async () => (await statusOf(waiting)) === 'partial')
  // and then its spool comes after all
  await db.update(takes).set({ closedAt: new Date(), segments: 2 }).where(eq(takes.id, lateTake))
  await db.update(recordings).set({ indexVersion: 1000 }).where(eq(recordings.id, waiting))
  await eventually('and then whole', async () => (await statusOf(waiting)) === 'ready')
  const finishes = await db.select().from(jobs).where(eq(jobs.type, 'recording.finish'))
  assert.equal(finishes.length, 3)
})

test('segments that no recording, clip or window holds go, with their objects', async (t) => {
  const scope = testScope(t)
  const archive = await TestArchive.create(scope, await postgres.createDatabase())
  const { db } = archive.tenant
  const { streamId } = archive.ids
  const segments = cut(await encode(scope, { audio: 'aac', seconds: 6 }), 1000)
  const recording = await archive.recording({ format: 'fmp4' })
  const kept = await archive.take(recording, segments)
  const old = await archive.take(null, segments, { startsAtMs: Date.now() - 3_600_000 })
  const young = await archive.take(null, segments, { startsAtMs: Date.now() - 600_000 })
  await db.update(streams).set({ dvrWindowS: 1800 })
  const counts = await Promise.all([pruneSegments(db, archive.stores, fail), pruneSegments(db, archive.stores, fail)])
  assert.equal(counts[0]! + counts[1]!, segments.length)
  const left = (takeId: string): Promise<string[]> => archive.keys(`streams/${streamId}/${takeId}/`)
  assert.deepEqual(await left(old), [])
  assert.equal((await left(kept)).length, segments.length + 1)
  assert.equal((await left(young)).length, segments.length + 1)
  await db.update(streams).set({ dvrWindowS: 0 })
  await pruneSegments(db, archive.stores, fail)
  assert.deepEqual(await left(young), [])
  assert.equal(await db.$count(mediaSegments), segments.length)
  // numbers of sliding playlists count on them
  assert.equal(await db.$count(takes), 3)
})

test('the sweep deletes what is old and unknown, and nothing of others', async (t) => {
  const scope = testScope(t)
  const archive = await TestArchive.create(scope, await postgres.createDatabase())
  const { db } = archive.tenant
  const { streamId, storageId } = archive.ids
  const segments = cut(await encode(scope, { audio: 'aac', seconds: 3 }), 1000)
  const recording = await archive.recording({ format: 'fmp4' })
  const takeId = await archive.take(recording, segments)
  const open = await archive.take(null, segments.slice(0, 1), { open: true, startsAtMs: Date.now() })
  await archive.do('recording.finish', { type: 'recording', id: recording })
  const known = await archive.keys()
  const unknown = [
    segmentKey(streamId, takeId, 77, 'fmp4'),
    segmentKey(streamId, takeId.replace(/.{4}$/, 'zzzz'), 0, 'ts'),
    `${recordingPrefix(recording)}storyboard-9.jpg`,
    `${recordingPrefix(recording.replace(/.{4}$/, 'zzzz'))}index.m3u8`,
    `clips/${recording.replace('rec_', 'clp_')}/video.mp4`,
  ]
  const spared = [segmentKey(streamId, open, 9, 'fmp4'), 'streams/holiday/1.ts', 'mine.txt', 'files/mine.mp4']
  for (const key of [...unknown, ...spared]) await archive.store.put(key, new Uint8Array(1))
  const orphan = await archive.store.multipart('recordings/x')
  await orphan.part(1, new Uint8Array(1))

  const sweep = async (ageMs: number): Promise<void> => {
    const job = await archive.enter('storage.sweep', { type: 'storage', id: storageId })
    // what is a day older than the job is old
    await db
      .update(jobs)
      .set({ createdAt: new Date(Date.now() + ageMs) })
      .where(eq(jobs.id, job.id))
    await archive.run(job.id)
    assert.equal((await archive.jobRow(job.id)).status, 'succeeded')
  }
  await sweep(0)
  assert.deepEqual(await archive.keys(), [...known, ...unknown, ...spared, 'millrace.json'].toSorted())
  await sweep(2 * 86_400_000)
  assert.deepEqual(await archive.keys(), [...known, ...spared, 'millrace.json'].toSorted())
  assert.deepEqual(await Array.fromAsync(archive.store.multiparts('')), [])
  // another installation was here first
  await archive.store.put('millrace.json', Buffer.from('{"project_id":"prj_other"}'))
  await archive.store.put(unknown[0]!, new Uint8Array(1))
  await sweep(2 * 86_400_000)
  assert.ok(await archive.store.head(unknown[0]!))
  // the same where conditions are taken no notice of
  const openStore = archive.stores.open.bind(archive.stores)
  archive.stores.open = (row) => {
    const store = openStore(row)
    const put = store.put.bind(store)
    store.put = (key, source) => put(key, source)
    return store
  }
  await sweep(2 * 86_400_000)
  assert.ok(await archive.store.head(unknown[0]!))
})
