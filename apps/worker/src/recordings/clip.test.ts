import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { clipPrefix, segmentKey } from '@millrace/contracts'
import { auditLog, clips, events, mediaSegments, newId, streams } from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'
import { asc, eq } from 'drizzle-orm'

import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { countOf, cut, encode, probe, START_MS, TestArchive } from './archive.test-support.ts'
import { read } from './file/read-ahead.ts'

let postgres: TestPostgres
test.before(async () => {
  postgres = await startTestPostgres()
})
test.after(() => postgres.close())

const NEVER = new AbortController().signal

async function clip(archive: TestArchive, fromMs: number, toMs: number, recordingId?: string): Promise<string> {
  const id = newId('clip')
  const { streamId, storageId } = archive.ids
  const times = { fromAt: new Date(START_MS + fromMs), toAt: new Date(START_MS + toMs) }
  const { projectId, db } = archive.tenant
  await db.insert(clips).values({ id, projectId, streamId, storageId, recordingId: recordingId ?? null, ...times })
  return id
}

async function rowOf({ tenant: { db } }: TestArchive, id: string): Promise<typeof clips.$inferSelect> {
  return (await db.select().from(clips).where(eq(clips.id, id)))[0]!
}

for (const format of ['fmp4', 'ts'] as const) {
  test(`a clip of ${format} begins at the key frame before it and ends where it was asked to`, async (t) => {
    const scope = testScope(t)
    const archive = await TestArchive.create(scope, await postgres.createDatabase())
    const segments = cut(await encode(scope, { video: 'libx264', audio: 'aac' }), 2000)
    const recording = await archive.recording({ format })
    await archive.take(recording, segments, { format })
    const id = await clip(archive, 3300, 5500, recording)
    const job = await archive.do('clip.make', { type: 'clip', id })
    assert.deepEqual([job.status, job.errorCode], ['succeeded', null])
    const row = await rowOf(archive, id)
    assert.equal(row.status, 'ready')
    // key frames are each second: 3.0, of the segment that begins at 2.0
    assert.equal(row.startsAt?.getTime(), START_MS + 3000)
    assert.ok(Math.abs(row.durationMs - 2500) < 60, `${row.durationMs}`)
    const file = path.join(await tempDir(scope), 'clip.mp4')
    await writeFile(file, (await read(archive.store, `${clipPrefix(id)}video.mp4`, NEVER))!)
    const { streams: found, errors } = await probe(file)
    assert.equal(errors, '')
    assert.deepEqual(
      found.map(({ kind, frames }) => [kind, frames > 0]),
      [
        ['video', true],
        ['audio', true],
      ],
    )
    assert.ok(Math.abs(found[0]!.frames - 63) <= 2, `${found[0]!.frames}`)
    const media = Buffer.from((await read(archive.store, `${clipPrefix(id)}media.m3u8`, NEVER))!).toString()
    assert.equal(media.match(/#EXTINF/g)?.length, 2)
    const told = await archive.tenant.db.select().from(events).orderBy(asc(events.id))
    assert.deepEqual(
      told.map(({ type }) => type),
      ['clip.ready'],
    )
  })
}

test('a clip over all of a stream, in no recording, keeps the segments it needs; deleted, everything goes', async (t) => {
  const scope = testScope(t)
  const archive = await TestArchive.create(scope, await postgres.createDatabase())
  const frames = await encode(scope, { audio: 'aac' })
  const segments = cut(frames, 1000)
  const takeId = await archive.take(null, segments)
  const id = await clip(archive, 2100, 3900)
  await archive.do('clip.make', { type: 'clip', id })
  const row = await rowOf(archive, id)
  assert.equal(row.status, 'ready')
  assert.deepEqual(row.files.map(({ type }) => type).toSorted(), ['hls', 'hls_media', 'mp4'])
  assert.ok(countOf(frames, 'audio') > 0)
  const { streamId } = archive.ids
  const { db } = archive.tenant
  const recording = await archive.recording({ format: 'fmp4', status: 'deleted' })
  await archive.do('recording.delete', { type: 'recording', id: recording })
  const kept = [2, 3].map((seq) => segmentKey(streamId, takeId, seq, 'fmp4'))
  assert.deepEqual(
    (await archive.keys('streams/')).filter((key) => key.endsWith('.m4s')),
    kept,
  )
  await archive.do('clip.delete', { type: 'clip', id })
  assert.equal((await rowOf(archive, id)).status, 'deleted')
  assert.deepEqual(await archive.keys('clips/'), [])
  assert.deepEqual(
    (await db.select().from(auditLog)).map(({ action }) => action),
    ['clip.deleted'],
  )
  await archive.do('recording.delete', { type: 'recording', id: recording })
  assert.deepEqual(await archive.keys(), [])
  assert.equal(await db.$count(mediaSegments), 0)
})

test('a clip without media fails; one whose end is not there yet waits', async (t) => {
  const scope = testScope(t)
  const archive = await TestArchive.create(scope, await postgres.createDatabase())
  const nothing = await clip(archive, 0, 1000)
  await archive.do('clip.make', { type: 'clip', id: nothing })
  const failed = await rowOf(archive, nothing)
  assert.deepEqual([failed.status, failed.errorCode], ['failed', 'CLIP_EMPTY'])

  const startsAtMs = Date.now() - 20_000
  const takeId = await archive.take(null, cut(await encode(scope, { audio: 'aac' }), 1000), { startsAtMs, open: true })
  const { db } = archive.tenant
  await db.execute(`update sessions set status = 'live', ended_at = null`)
  await db.execute(`update streams set current_session_id = (select session_id from takes where id = '${takeId}')`)
  const id = await clip(archive, startsAtMs - START_MS + 5000, startsAtMs - START_MS + 15_000)
  const waiting = await archive.do('clip.make', { type: 'clip', id })
  assert.deepEqual([waiting.status, waiting.errorCode], ['queued', 'CLIP_NOT_YET'])
  await db.update(streams).set({ currentSessionId: null })
  await archive.do('clip.make', { type: 'clip', id })
  assert.equal((await rowOf(archive, id)).status, 'ready')
})
