import assert from 'node:assert/strict'
import test, { after, before, beforeEach } from 'node:test'

import { auditLog, clips, jobs, streams, takes } from '@millrace/db'
import { parsePlaylist } from '@millrace/hls'
import { and, eq } from 'drizzle-orm'

import { newRecording, newTake, TestStorage } from './test-support/archive-rows.ts'
import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
let storage: TestStorage
before(async () => {
  control = await startTestControl()
  storage = await TestStorage.make(control)
  await control.call('POST', '/v1/signing-keys', { body: {} })
  const [project] = (await control.call('GET', '/v1/projects')).body.data
  await control.call('PATCH', `/v1/projects/${project.id}`, { body: { default_storage_id: storage.id } })
})
after(() => control.close())

let made = 0
const newStream = async (body: object = {}): Promise<{ id: string; playback_ids: { id: string }[] }> =>
  (await control.call('POST', '/v1/streams', { body: { name: `a${++made}`, ...body } })).body

/** When the test began, to the second. */
let began = 0
beforeEach(() => {
  began = Math.floor(control.now().getTime() / 1000) * 1000
})
const ago = (seconds: number): Date => new Date(began - seconds * 1000)
const iso = (seconds: number): string => ago(seconds).toISOString()
const part = (streamId: string) => ({ streamId, storageId: storage.id })

async function timeshift(streamId: string, query: string) {
  const answer = await control.call('GET', `/v1/streams/${streamId}/timeshift.m3u8${query}`, { token: null })
  if (answer.status !== 200) return { code: answer.body.code as string }
  const playlist = parsePlaylist(answer.body)
  assert.ok(playlist.type === 'media')
  const numbers = playlist.segments.map(({ uri }) => Number(/(\d+)\.m4s/.exec(uri)?.[1]))
  return { ...playlist, numbers, answer }
}

test('the timeline has times with media, gaps with their reason, discontinuities, recordings and clips', async () => {
  const { id } = await newStream()
  const recording = await newRecording(control, { ...part(id), startedAt: ago(300), endedAt: ago(200) })
  await newTake(control, { ...part(id), recordingId: recording.id, startsAt: ago(300), count: 10, lost: [4, 5] })
  await newTake(control, { ...part(id), startsAt: ago(200), count: 5, epoch: 2 })
  const cut = { recording_id: recording.id, from: iso(290), to: iso(280) }
  const { body: clip } = await control.call('POST', '/v1/clips', { body: cut })
  const path = `/v1/streams/${id}/timeline`
  const { body } = await control.call('GET', `${path}?from=${iso(299)}&to=${iso(190)}`)
  assert.deepEqual(body.ranges, [
    { from: iso(299), to: iso(284) },
    { from: iso(276), to: iso(260) },
    { from: iso(200), to: iso(190) },
  ])
  assert.deepEqual(body.gaps, [
    { from: iso(284), to: iso(276), reason: 'storage' },
    { from: iso(260), to: iso(200), reason: 'publisher_away' },
  ])
  assert.deepEqual(body.discontinuities, [iso(200)])
  assert.deepEqual(
    body.recordings.map((row: { id: string }) => row.id),
    [recording.id],
  )
  assert.deepEqual(body.clips, [{ id: clip.id, title: null, status: 'processing', from: cut.from, to: cut.to }])

  const { body: day } = await control.call('GET', path)
  assert.equal(Date.parse(day.to) - Date.parse(day.from), 86_400_000)
  assert.equal(day.ranges.at(-1).to, iso(180))
  const within = await control.call('GET', `${path}?from=${iso(283)}&to=${iso(279)}`)
  assert.deepEqual(within.body.ranges, [])
  assert.deepEqual(within.body.gaps, [{ from: iso(283), to: iso(279), reason: 'storage' }])
  const before = await control.call('GET', `${path}?from=${iso(900)}&to=${iso(600)}`)
  assert.deepEqual([before.body.ranges, before.body.gaps, before.body.recordings], [[], [], []])
  for (const query of [`from=${iso(1)}&to=${iso(2)}`, `from=${iso(33 * 86_400)}`]) {
    assert.equal((await control.call('GET', `${path}?${query}`)).body.code, 'REQUEST_INVALID')
  }
})

test('timeshift over a time that is over is complete', async () => {
  const { id } = await newStream()
  await newTake(control, { ...part(id), startsAt: ago(400), count: 50, lost: [12] })
  const shown = await timeshift(id, `?start=${iso(358)}&end=${iso(340)}`)
  assert.ok('numbers' in shown)
  // the one that start is in, to the one before end; what was lost is missing
  assert.deepEqual(shown.numbers, [10, 11, 13, 14])
  assert.deepEqual([shown.ended, shown.playlistType], [true, 'vod'])
  assert.equal(shown.segments[0]?.wallMs, ago(360).getTime())
  assert.equal(shown.segments[2]?.discontinuity, true)
  assert.equal((await timeshift(id, `?start=${iso(9000)}&end=${iso(8000)}`)).code, 'RECORDING_EMPTY')
  assert.equal((await timeshift(id, `?start=${iso(10)}&end=${iso(20)}`)).code, 'REQUEST_INVALID')
  assert.equal((await timeshift(id, '')).code, 'REQUEST_INVALID')
  assert.equal((await timeshift('str_01jd8y4v5xk3q9m2w7r6t0abcd', `?start=${iso(10)}`)).code, 'STREAM_NOT_FOUND')
})

test('timeshift without an end grows while the stream is on; without a start it slides, and a segment keeps its number', async () => {
  const { id } = await newStream({ dvr_window_s: 60 })
  const { db } = control
  await db.update(streams).set({ status: 'live' }).where(eq(streams.id, id))
  await newTake(control, { ...part(id), startsAt: ago(500), count: 90 })
  const takeId = await newTake(control, {
    ...part(id),
    startsAt: ago(100),
    count: 25,
    lost: [16],
    closed: false,
    epoch: 2,
  })
  const sliding = await timeshift(id, '')
  assert.ok('numbers' in sliding)
  assert.deepEqual([sliding.ended, sliding.playlistType], [false, undefined])
  assert.equal(sliding.answer.headers.get('cache-control'), 'public, max-age=1')
  const first = sliding.numbers[0]!
  assert.equal(sliding.mediaSequence, 90 + first)
  assert.equal(sliding.discontinuitySequence, 1)
  assert.deepEqual(
    sliding.segments.flatMap(({ gap }, i) => (gap === true ? [sliding.numbers[i]] : [])),
    [16],
  )
  control.advance(8000)
  const later = await timeshift(id, '')
  assert.ok('numbers' in later)
  assert.equal(later.mediaSequence - later.numbers[0]!, sliding.mediaSequence - first)
  assert.ok(later.mediaSequence > sliding.mediaSequence)

  const from = await timeshift(id, `?start=${iso(500)}`)
  assert.ok('numbers' in from)
  assert.deepEqual([from.mediaSequence, from.numbers.length, from.ended], [0, 115, false])
  await db.update(streams).set({ status: 'idle' }).where(eq(streams.id, id))
  assert.equal(((await timeshift(id, `?start=${iso(500)}`)) as { ended: boolean }).ended, false, 'it is being uploaded')
  await db.update(takes).set({ closedAt: control.now(), segments: 25 }).where(eq(takes.id, takeId))
  assert.equal(((await timeshift(id, `?start=${iso(500)}`)) as { ended: boolean }).ended, true)
})

test('timeshift asks for what the playback ids of the stream ask for', async () => {
  const { id, playback_ids: ids } = await newStream({ playback_policy: 'signed' })
  const recording = await newRecording(control, { ...part(id), startedAt: ago(100), endedAt: ago(60) })
  await newTake(control, { ...part(id), recordingId: recording.id, startsAt: ago(100), count: 10 })
  const query = `?start=${iso(100)}&end=${iso(60)}`
  assert.equal((await timeshift(id, query)).code, 'PLAYBACK_TOKEN_REQUIRED')
  const sign = async (playbackId: string, claims: object = {}): Promise<string> => {
    const body = { playback_id: playbackId, aud: 'recording', ...claims }
    return (await control.call('POST', '/v1/playback-tokens', { body })).body.token
  }
  const shown = await timeshift(id, `${query}&token=${await sign(ids[0]!.id)}`)
  assert.equal('numbers' in shown && shown.numbers.length, 10)
  const limited = await timeshift(id, `${query}&token=${await sign(ids[0]!.id, { from: iso(80) })}`)
  assert.deepEqual('numbers' in limited && limited.numbers, [5, 6, 7, 8, 9])
  assert.equal(
    (await timeshift(id, `${query}&token=${await sign(ids[0]!.id, { to: iso(200) })}`)).code,
    'PLAYBACK_TOKEN_RANGE',
  )
  // a recording's own id opens the recording, not all of its stream
  assert.equal(
    (await timeshift(id, `${query}&token=${await sign(recording.playbackId)}`)).code,
    'PLAYBACK_TOKEN_SUBJECT',
  )
})

test('a clip is made by a job, begins at a key frame, and says so; it is deleted by one, too', async () => {
  const { id } = await newStream()
  const recording = await newRecording(control, { ...part(id), startedAt: ago(100), endedAt: ago(60) })
  await newTake(control, { ...part(id), recordingId: recording.id, startsAt: ago(100), count: 10 })
  const body = {
    recording_id: recording.id,
    from: iso(93),
    to: iso(80),
    title: 'Goal',
    metadata: { by: 'me' },
    retention_days: 7,
  }
  const answer = await control.call('POST', '/v1/clips', { body })
  assert.equal(answer.status, 202)
  const clip = answer.body
  assert.equal(answer.headers.get('location'), `/v1/clips/${clip.id}`)
  assert.deepEqual([clip.status, clip.starts_at, clip.url, clip.stream_id], ['processing', iso(96), null, id])
  const job = await control.call('GET', `/v1/jobs/${clip.job_id}`)
  assert.deepEqual([job.body.type, job.body.subject], ['clip.make', { type: 'clip', id: clip.id }])
  const busy = await control.call('DELETE', `/v1/clips/${clip.id}`)
  assert.deepEqual([busy.status, busy.body.code], [409, 'CLIP_BUSY'])

  const { db } = control
  const files = [{ type: 'mp4' as const, key: `clips/${clip.id}/video.mp4`, bytes: 7 }]
  await storage.put(files[0]!.key, 'the mp4')
  await db.update(jobs).set({ status: 'succeeded' }).where(eq(jobs.id, clip.job_id))
  await db.update(clips).set({ status: 'ready', files, durationMs: 16_000 }).where(eq(clips.id, clip.id))
  const ready = (await control.call('GET', `/v1/clips/${clip.id}`)).body
  assert.deepEqual([ready.size_bytes, ready.duration_s], [7, 16])
  const file = await control.raw(ready.url)
  assert.equal(await file.text(), 'the mp4')
  assert.match(file.headers.get('content-disposition') ?? '', /filename="Goal\.mp4"/)

  const deleted = await control.call('DELETE', `/v1/clips/${clip.id}`)
  assert.equal(deleted.status, 202)
  assert.equal(deleted.body.type, 'clip.delete')
  assert.equal((await control.call('DELETE', `/v1/clips/${clip.id}`)).body.id, deleted.body.id)
  const entries = await db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.subjectId, clip.id)))
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['clip.created', 'clip.delete_requested'],
  )
  await db.update(clips).set({ status: 'deleted' }).where(eq(clips.id, clip.id))
  assert.deepEqual((await control.call('GET', `/v1/clips?stream_id=${id}`)).body.data, [])
  assert.equal((await control.call('GET', `/v1/clips?status=deleted`)).body.data[0].id, clip.id)
})

test('a clip of nothing, of what is to come, or of another tenant is refused', async () => {
  const { id } = await newStream()
  await newTake(control, { ...part(id), startsAt: ago(100), count: 10, lost: [0, 1] })
  const make = async (fields: object, token = control.adminToken) =>
    (await control.call('POST', '/v1/clips', { token, body: { stream_id: id, from: iso(90), to: iso(70), ...fields } }))
      .body
  assert.equal((await make({})).status, 'processing')
  assert.equal((await make({ from: iso(100), to: iso(95) })).code, 'RECORDING_EMPTY')
  assert.equal((await make({ from: iso(9000), to: iso(8000) })).code, 'RECORDING_EMPTY')
  assert.equal((await make({ to: iso(-60) })).code, 'REQUEST_INVALID')
  assert.equal((await make({ recording_id: 'rec_01jd8y4v5xk3q9m2w7r6t0abcd' })).code, 'REQUEST_INVALID')
  const nobody = { stream_id: undefined, recording_id: 'rec_01jd8y4v5xk3q9m2w7r6t0abcd' }
  assert.equal((await make(nobody)).code, 'RECORDING_NOT_FOUND')
  const foreign = await control.token(['admin'], await control.project(`other${++made}`))
  assert.equal((await make({}, foreign)).code, 'STREAM_NOT_FOUND')
})

test('usage tells hours, traffic and what is kept', async () => {
  const { id } = await newStream()
  const files = [{ type: 'mp4' as const, key: 'recordings/x/video.mp4', bytes: 5000 }]
  const range = { startedAt: ago(7200), endedAt: ago(7160), segmentBytes: 1_000_000, files }
  const recording = await newRecording(control, { ...part(id), ...range })
  await newTake(control, { ...part(id), recordingId: recording.id, startsAt: ago(7200), count: 10 })
  await newTake(control, { ...part(id), startsAt: ago(600), count: 5, lost: [0] })
  const usage = async (query: string) => (await control.call('GET', `/v1/streams/${id}/usage?${query}`)).body
  const { from: _from, to: _to, ...day } = await usage('')
  assert.deepEqual(day, {
    stream_id: id,
    sessions: 0,
    published_s: 0,
    bytes_in: 0,
    bytes_out: 0,
    archived_s: 56,
    archived_bytes: 1_400_000,
    stored_bytes: 1_405_000,
  })
  const hour = await usage(`from=${iso(3600)}`)
  assert.deepEqual([hour.archived_s, hour.archived_bytes], [16, 400_000])
})
