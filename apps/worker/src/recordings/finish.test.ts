import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'node:test'

import { FILE_NAMES, initKey, recordingPrefix, segmentKey } from '@millrace/contracts'
import type { Scope } from '@millrace/core'
import { events, jobs, recordings } from '@millrace/db'
import { startTestPostgres, type TestPostgres } from '@millrace/db/testing'
import type { Frame } from '@millrace/media'
import { asc, eq } from 'drizzle-orm'

import { eventually } from '../../../../test/support/eventually.ts'
import { tempDir, testScope } from '../../../../test/support/scope.ts'
import { runJob } from '../work/runner.ts'
import {
  countOf,
  cut,
  encode,
  enlarge,
  later,
  packetTimes,
  probe,
  START_MS,
  TestArchive,
  type Media,
} from './archive.test-support.ts'
import { read } from './file/read-ahead.ts'

let postgres: TestPostgres
test.before(async () => {
  postgres = await startTestPostgres()
})
test.after(() => postgres.close())

const NEVER = new AbortController().signal

const archiveOf = async (scope: Scope): Promise<TestArchive> =>
  TestArchive.create(scope, await postgres.createDatabase())

/** An object as a file. */
async function fileOf(scope: Scope, archive: TestArchive, key: string): Promise<string> {
  const file = path.join(await tempDir(scope), path.basename(key))
  await writeFile(file, (await read(archive.store, key, NEVER))!)
  return file
}

const textOf = async (archive: TestArchive, key: string): Promise<string> =>
  Buffer.from((await read(archive.store, key, NEVER))!).toString()

const eventsOf = async ({ tenant: { db } }: TestArchive): Promise<string[]> =>
  (await db.select().from(events).orderBy(asc(events.id))).map(({ type }) => type)

const MEDIA: Record<string, Media> = {
  'H.264 and AAC': { video: 'libx264', audio: 'aac' },
  'HEVC and AAC': { video: 'libx265', audio: 'aac' },
  'sound alone': { audio: 'aac' },
  'pictures alone': { video: 'libx264' },
}

for (const [name, media] of Object.entries(MEDIA)) {
  for (const format of ['mp4', 'flv'] as const) {
    // FFmpeg 5 doesn't read HEVC in FLV
    if (format === 'flv' && media.video === 'libx265') continue
    test(`${name}: one ${format} over two takes and a loss has every frame, and sound stays with its picture`, async (t) => {
      const scope = testScope(t)
      const archive = await archiveOf(scope)
      const frames = await encode(scope, media)
      const segments = cut(frames, 2000)
      const id = await archive.recording({ format })
      await archive.take(id, segments)
      await archive.take(id, segments, { startsAtMs: START_MS + 60_000, lost: [1] })
      const job = await archive.do('recording.finish', { type: 'recording', id })
      assert.deepEqual([job.status, job.errorCode], ['succeeded', null])
      const row = await archive.recordingRow(id)
      assert.deepEqual([row.status, row.errorCode], ['partial', null])
      assert.deepEqual(
        row.gaps?.map(({ reason }) => reason),
        ['publisher_away', 'storage'],
      )
      const kept = [...segments, ...segments.filter((_, i) => i !== 1)].flat()
      const file = row.files.find(({ type }) => type === format)!
      const { streams, errors } = await probe(await fileOf(scope, archive, file.key))
      assert.equal(errors, '')
      assert.deepEqual(
        streams.map(({ kind, frames: count }) => [kind, count]),
        (['video', 'audio'] as const).flatMap((kind) => (countOf(kept, kind) > 0 ? [[kind, countOf(kept, kind)]] : [])),
      )
      const parts = [segments.flat(), segments[0]!, segments.slice(2).flat()]
      const apart = await soundAfterPicture(await fileOf(scope, archive, file.key), parts)
      for (const { inFile, inPart } of apart) assert.ok(Math.abs(inFile - inPart) < 0.02, `${inFile} for ${inPart}`)
    })
  }
}

/** How long after the first picture of each part its sound begins, seconds: in the file, and in what it was made of. */
async function soundAfterPicture(file: string, parts: readonly (readonly Frame[])[]) {
  const times = { video: await packetTimes(file, 'v'), audio: await packetTimes(file, 'a') }
  if (times.video.length === 0 || times.audio.length === 0) return []
  const at = { video: 0, audio: 0 }
  return parts.map((part) => {
    const first = (kind: 'video' | 'audio') => {
      const own = part.filter(({ track }) => track.kind === kind)
      const inFile = Math.min(...times[kind].slice(at[kind], at[kind] + own.length))
      at[kind] += own.length
      return { inFile, inPart: Math.min(...own.map(({ ptsTicks, track }) => ptsTicks / track.timescale)) }
    }
    const [picture, sound] = [first('video'), first('audio')]
    return { inFile: sound.inFile - picture.inFile, inPart: sound.inPart - picture.inPart }
  })
}

for (const format of ['fmp4', 'ts'] as const) {
  test(`playlists of ${format} play through, with the wall clock, and pictures beside them`, async (t) => {
    const scope = testScope(t)
    const archive = await archiveOf(scope)
    const segments = cut(await encode(scope, { video: 'libx264', audio: 'aac' }), 2000)
    const id = await archive.recording({ format })
    const takeId = await archive.take(id, segments, { format })
    // FFmpeg leaves out fragments whose times fall
    await archive.take(id, later(segments, 60), { format, startsAtMs: START_MS + 60_000 })
    await archive.do('recording.finish', { type: 'recording', id })
    const prefix = recordingPrefix(id)
    const row = await archive.recordingRow(id)
    assert.equal(row.status, 'ready')
    assert.deepEqual(row.files.map(({ type }) => type).toSorted(), [
      'hls',
      'hls_media',
      'poster',
      'storyboard',
      'storyboard_sheet',
    ])
    for (const { key, bytes } of row.files) assert.equal((await archive.store.head(key))?.sizeBytes, bytes)
    const index = await textOf(archive, `${prefix}index.m3u8`)
    assert.match(
      index,
      /BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS="avc1\.\w+,mp4a\.40\.2",RESOLUTION=320x180,FRAME-RATE=25\.000/,
    )
    const media = await textOf(archive, `${prefix}media.m3u8`)
    assert.match(media, /#EXT-X-PLAYLIST-TYPE:VOD/)
    assert.match(media, /#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05\.678Z/)
    assert.equal(media.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1)
    assert.equal(media.includes('#EXT-X-MAP'), format === 'fmp4')
    assert.ok(media.endsWith('#EXT-X-ENDLIST\n'))
    const { streamId } = archive.ids
    const first = segmentKey(streamId, takeId, 0, format)
    assert.ok(media.includes(`\n../../${first}\n`))
    if (format === 'fmp4') assert.ok(media.includes(`"../../${initKey(streamId, takeId, 0)}"`))
    const vtt = await textOf(archive, prefix + FILE_NAMES.storyboard)
    // opened from the disk, as any player would from a bucket
    const { streams, errors } = await probe(path.join(archive.directory!, 'p', prefix, 'index.m3u8'))
    assert.equal(errors, '')
    const frames = segments.flat()
    assert.deepEqual(
      streams.map(({ kind, frames: count }) => [kind, count]),
      [
        ['video', 2 * countOf(frames, 'video')],
        ['audio', 2 * countOf(frames, 'audio')],
      ],
    )
    assert.match(vtt, /00:00:02\.000 --> 00:00:04\.000\nstoryboard-0\.jpg#xywh=160,0,160,90/)
  })
}

test('what a recording lacks is told: nothing at all, a segment that is not there, pictures', async (t) => {
  const scope = testScope(t)
  const archive = await archiveOf(scope)
  const empty = await archive.recording({ format: 'mp4' })
  await archive.do('recording.finish', { type: 'recording', id: empty })
  const failed = await archive.recordingRow(empty)
  assert.deepEqual([failed.status, failed.errorCode], ['failed', 'RECORDING_EMPTY'])

  const segments = cut(await encode(scope, { video: 'libx264' }), 2000)
  const id = await archive.recording({ format: 'mp4', startedAt: new Date(START_MS - 1) })
  const takeId = await archive.take(id, segments)
  await archive.store.delete([segmentKey(archive.ids.streamId, takeId, 2, 'fmp4')])
  await archive.do('recording.finish', { type: 'recording', id })
  const row = await archive.recordingRow(id)
  assert.deepEqual([row.status, row.errorCode], ['partial', 'SEGMENTS_MISSING'])
  assert.deepEqual(await eventsOf(archive), ['recording.failed', 'recording.partial'])
})

test('two workers that race on one finish make one result, and leave nothing else', async (t) => {
  const scope = testScope(t)
  const archive = await archiveOf(scope)
  const segments = cut(await encode(scope, { video: 'libx264', audio: 'aac' }), 1000)
  const id = await archive.recording({ format: 'mp4' })
  const takeId = await archive.take(id, segments)
  const job = await archive.enter('recording.finish', { type: 'recording', id })
  await Promise.all([
    runJob(archive.deps, job.id, NEVER),
    runJob(archive.deps, job.id, NEVER),
    runJob(archive.deps, job.id, NEVER),
  ])
  const row = await archive.recordingRow(id)
  assert.equal(row.status, 'ready')
  assert.deepEqual(await eventsOf(archive), ['recording.ready'])
  const { streamId } = archive.ids
  const expected = [
    ...row.files.map(({ key }) => key),
    initKey(streamId, takeId, 0),
    ...segments.map((_, seq) => segmentKey(streamId, takeId, seq, 'fmp4')),
  ]
  assert.deepEqual(await archive.keys(), expected.toSorted())
  assert.deepEqual(await Array.fromAsync(archive.store.multiparts('')), [])
})

test('a finish that a worker breaks off is made by the next one, and its upload is gone', async (t) => {
  const scope = testScope(t)
  const archive = await archiveOf(scope)
  const segments = enlarge(cut(await encode(scope, { video: 'libx264', audio: 'aac', seconds: 4 }), 1000), 24)
  const id = await archive.recording({ format: 'mp4' })
  await archive.take(id, segments)
  const job = await archive.enter('recording.finish', { type: 'recording', id })
  const uploads = (): Promise<unknown[]> => Array.fromAsync(archive.store.multiparts(''))
  const ending = new AbortController()
  const broken = runJob(archive.deps, job.id, ending.signal)
  await eventually('the file is on its way', async () => (await uploads()).length > 0)
  ending.abort()
  assert.deepEqual(await broken, { done: false, againInMs: 0 })
  assert.equal((await archive.jobRow(job.id)).status, 'queued')
  assert.deepEqual(await uploads(), [])
  await archive.run(job.id)
  const { status, attempt, failures, done, total } = await archive.jobRow(job.id)
  assert.deepEqual([status, attempt, failures, done], ['succeeded', 2, 0, total])
  assert.equal((await archive.recordingRow(id)).status, 'ready')
  const { streams } = await probe(await fileOf(scope, archive, `${recordingPrefix(id)}video.mp4`))
  assert.deepEqual(
    streams.map(({ frames }) => frames),
    [countOf(segments.flat(), 'video'), countOf(segments.flat(), 'audio')],
  )
})

test('a file by the name of the user’s takes nobody else’s place, and goes when its name changes', async (t) => {
  const scope = testScope(t)
  const archive = await archiveOf(scope)
  const segments = cut(await encode(scope, { audio: 'aac', seconds: 4 }), 1000)
  const settings = { format: 'mp4', path: '[vhost]/[stream]-[2006][01][02]' } as const
  const one = await archive.recording(settings)
  await archive.take(one, segments)
  const other = await archive.recording({ ...settings, startedAt: new Date(START_MS + 3_600_000) })
  await archive.take(other, segments, { startsAtMs: START_MS + 3_600_000 })
  for (const id of [one, other]) await archive.do('recording.finish', { type: 'recording', id })
  assert.deepEqual(await archive.keys('files/'), [
    `files/tv.example.com/news-20260102-${other}.mp4`,
    'files/tv.example.com/news-20260102.mp4',
  ])
  const { db } = archive.tenant
  await db.update(recordings).set({ path: '[stream].[timestamp]' }).where(eq(recordings.id, one))
  await archive.do('recording.finish', { type: 'recording', id: one })
  for (const job of await db.select().from(jobs).where(eq(jobs.type, 'objects.delete'))) {
    await runJob(archive.deps, job.id, NEVER)
  }
  assert.deepEqual(await archive.keys('files/'), [
    `files/news.${START_MS}.mp4`,
    `files/tv.example.com/news-20260102-${other}.mp4`,
  ])
})
