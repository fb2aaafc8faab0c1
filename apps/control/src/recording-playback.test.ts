import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'

import type { PlaybackTokenCreate } from '@millrace/contracts'
import { playbackIds, recordings, streams, vhosts } from '@millrace/db'
import { parsePlaylist } from '@millrace/hls'
import { eq } from 'drizzle-orm'

import { newRecording, newTake, TestStorage } from './test-support/archive-rows.ts'
import { startTestControl, type TestControl } from './test-support/control.ts'

let control: TestControl
let storage: TestStorage
before(async () => {
  control = await startTestControl()
  storage = await TestStorage.make(control)
  await control.call('POST', '/v1/signing-keys', { body: {} })
})
after(() => control.close())

let made = 0
const newStream = async (body: object = {}): Promise<{ id: string; playback_ids: { id: string }[] }> =>
  (await control.call('POST', '/v1/streams', { body: { name: `s${++made}`, ...body } })).body

const at = (seconds: number): Date => new Date(Date.UTC(2026, 10, 23, 12) + seconds * 1000)

/** A recording of three segments of 4 s from noon on. */
async function recorded(options: Partial<Parameters<typeof newRecording>[1]> = {}, take: object = {}) {
  const stream = await newStream()
  const made = await newRecording(control, {
    streamId: stream.id,
    storageId: storage.id,
    startedAt: at(0),
    endedAt: at(12),
    durationMs: 12_000,
    ...options,
  })
  const takeId = await newTake(control, {
    streamId: stream.id,
    recordingId: made.id,
    storageId: storage.id,
    startsAt: at(0),
    ...take,
  })
  return { stream, takeId, ...made }
}

const get = (path: string, headers: Record<string, string> = {}) => control.call('GET', path, { token: null, headers })

async function media(path: string) {
  const answer = await get(path)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const playlist = parsePlaylist(answer.body, { maxLength: 1 << 26, maxEntries: 100_000 })
  assert.ok(playlist.type === 'media')
  return { ...playlist, answer }
}

const tokenFor = async (playbackId: string, claims: Partial<PlaybackTokenCreate> = {}): Promise<string> => {
  const body = { playback_id: playbackId, aud: 'recording', ...claims }
  const answer = await control.call('POST', '/v1/playback-tokens', { body })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body.token
}

const codeOf = async (path: string, headers?: Record<string, string>): Promise<string> =>
  (await get(path, headers)).body.code

test('a recording is played by a playlist of the index, whose segments can be fetched', async () => {
  const { playbackId, stream, takeId } = await recorded()
  for (const [key, bytes] of [
    ['init-0.mp4', 'init'],
    ['0.m4s', 'first'],
    ['1.m4s', 'second'],
    ['2.m4s', 'third'],
  ] as const) {
    await storage.put(`streams/${stream.id}/${takeId}/${key}`, bytes)
  }
  const index = await get(`/v1/playback/${playbackId}/index.m3u8`)
  assert.equal(index.headers.get('content-type'), 'application/vnd.apple.mpegurl')
  assert.equal(index.headers.get('cache-control'), 'public, max-age=60')
  assert.equal(index.headers.get('access-control-allow-origin'), '*')
  const top = parsePlaylist(index.body)
  assert.ok(top.type === 'multivariant')
  assert.deepEqual(top.variants, [
    {
      uri: 'media.m3u8',
      bandwidthBps: 200_000,
      averageBandwidthBps: 200_000,
      codecs: ['avc1.64001f', 'mp4a.40.2'],
      width: 1280,
      height: 720,
      frameRate: 25,
    },
  ])
  const { segments, answer, ...list } = await media(`/v1/playback/${playbackId}/media.m3u8`)
  assert.deepEqual([list.ended, list.playlistType, list.targetDurationS, list.mediaSequence], [true, 'vod', 4, 0])
  assert.equal(segments[0]?.wallMs, at(0).getTime())
  assert.deepEqual(
    segments.map(({ durationUs, discontinuity }) => [durationUs, discontinuity]),
    [4, 4, 4].map((seconds) => [seconds * 1e6, false]),
  )
  assert.ok(answer.headers.get('vary')?.includes('accept-encoding'))
  const urls = [segments[0]!.mapUri!, ...segments.map(({ uri }) => uri)]
  const bodies = await Promise.all(urls.map(async (url) => (await control.raw(new URL(url).href)).text()))
  assert.deepEqual(bodies, ['init', 'first', 'second', 'third'])
})

test('while it grows the playlist only gets longer, and stops before what may still come; in the end it is complete', async () => {
  const { playbackId, id } = await recorded(
    { status: 'recording', endedAt: null },
    { count: 6, missing: [3], closed: false },
  )
  const path = `/v1/playback/${playbackId}/media.m3u8`
  const growing = await media(path)
  assert.deepEqual([growing.ended, growing.playlistType, growing.segments.length], [false, 'event', 3])
  assert.equal(growing.answer.headers.get('cache-control'), 'public, max-age=1')
  assert.equal((await get(`/v1/playback/${playbackId}/index.m3u8`)).status, 200)
  // what was missing is lost after all
  const { db } = control
  await db
    .update(recordings)
    .set({ status: 'partial', endedAt: at(24) })
    .where(eq(recordings.id, id))
  const { segments, ended } = await media(path)
  assert.ok(ended)
  assert.deepEqual(
    segments.map(({ uri, discontinuity }) => [/(\d+)\.m4s/.exec(uri)?.[1], discontinuity]),
    [
      ['0', false],
      ['1', false],
      ['2', false],
      ['4', true],
      ['5', false],
    ],
  )
  assert.equal(segments[3]?.wallMs, at(16).getTime())
})

test('lost segments are left out, and what a node wrote after another had taken over', async () => {
  const { playbackId, id, stream } = await recorded({ endedAt: at(60) }, { count: 5, lost: [2], epoch: 1 })
  const take = { streamId: stream.id, recordingId: id, storageId: storage.id }
  await newTake(control, { ...take, startsAt: at(18), count: 3, epoch: 2 })
  // the first node goes on for a while as if nothing had happened
  await newTake(control, { ...take, startsAt: at(20), count: 2, epoch: 1 })
  const { segments } = await media(`/v1/playback/${playbackId}/media.m3u8`)
  assert.deepEqual(
    segments.map(({ wallMs, discontinuity }) => [
      wallMs === null ? null : (wallMs - at(0).getTime()) / 1000,
      discontinuity,
    ]),
    [
      [0, false],
      [null, false],
      [12, true],
      [null, false],
      [18, true],
      [null, false],
      [null, false],
    ],
  )
})

test('a signed recording needs a token for recordings, and gives it to its children', async () => {
  const { playbackId, stream } = await recorded({ policy: 'signed' })
  const path = `/v1/playback/${playbackId}/index.m3u8`
  const token = await tokenFor(playbackId)
  const answer = await get(`${path}?token=${token}`)
  assert.equal(answer.headers.get('cache-control'), 'private, max-age=60')
  assert.ok(answer.body.includes(`\nmedia.m3u8?token=${token}\n`))
  assert.equal((await media(`/v1/playback/${playbackId}/media.m3u8?token=${token}`)).segments.length, 3)

  const other = await recorded({ policy: 'signed' })
  const live = await tokenFor(playbackId, { aud: 'live' })
  const revoked = await tokenFor(playbackId, { vid: 'viewer 7' })
  await control.call('POST', '/v1/playback-revocations', { body: { vid: 'viewer 7' } })
  assert.equal((await get(path)).status, 401)
  assert.equal(await codeOf(path), 'PLAYBACK_TOKEN_REQUIRED')
  assert.equal(await codeOf(`${path}?token=${live}`), 'PLAYBACK_TOKEN_AUDIENCE')
  assert.equal(await codeOf(`${path}?token=${await tokenFor(other.playbackId)}`), 'PLAYBACK_TOKEN_SUBJECT')
  assert.equal(await codeOf(`${path}?token=${revoked}`), 'PLAYBACK_TOKEN_REVOKED')
  assert.equal(await codeOf(`${path}?token=${token.slice(0, -4)}AAAA`), 'PLAYBACK_TOKEN_SIGNATURE')
  assert.equal(await codeOf(`${path}?token=x`), 'PLAYBACK_TOKEN_MALFORMED')
  const soonOver = await tokenFor(playbackId, { expires_in_s: 60 })
  control.advance(120_000)
  assert.equal(await codeOf(`${path}?token=${soonOver}`), 'PLAYBACK_TOKEN_EXPIRED')
  // nothing of the live stream is opened by it
  assert.ok(stream.playback_ids.every(({ id }) => id !== playbackId))
})

test('URLs of segments last no longer than the token', async () => {
  const { playbackId } = await recorded({ policy: 'signed' })
  const token = await tokenFor(playbackId, { expires_in_s: 300 })
  const { segments } = await media(`/v1/playback/${playbackId}/media.m3u8?token=${token}`)
  const expires = Number(new URL(segments[0]!.uri).searchParams.get('expires'))
  const leftS = expires - control.now().getTime() / 1000
  assert.ok(leftS > 290 && leftS <= 301, String(leftS))
})

test('a token may be for a part of a recording: its playlist ends there, and whole files are refused', async () => {
  const files = [{ type: 'mp4' as const, key: 'recordings/x/video.mp4', bytes: 1 }]
  const { playbackId } = await recorded({ policy: 'signed', files, endedAt: at(40) }, { count: 10 })
  const [from, to] = [at(9).toISOString(), at(19).toISOString()]
  const token = await tokenFor(playbackId, { from, to })
  const { segments, ended } = await media(`/v1/playback/${playbackId}/media.m3u8?token=${token}`)
  assert.ok(ended)
  assert.equal(segments[0]?.wallMs, at(8).getTime())
  assert.equal(segments.length, 3)
  assert.equal(await codeOf(`/v1/playback/${playbackId}/video.mp4?token=${token}`), 'PLAYBACK_TOKEN_RANGE')
  const until = await tokenFor(playbackId, { to })
  assert.equal((await media(`/v1/playback/${playbackId}/media.m3u8?token=${until}`)).segments.length, 5)
  const whole = await tokenFor(playbackId)
  assert.equal((await get(`/v1/playback/${playbackId}/video.mp4?token=${whole}`)).status, 302)
})

test('the policy of stream and vhost holds for recordings, and origins are those of the playback id', async () => {
  const { playbackId, stream } = await recorded()
  const path = `/v1/playback/${playbackId}/index.m3u8`
  const { db } = control
  await db.update(streams).set({ playbackPolicy: 'signed' }).where(eq(streams.id, stream.id))
  assert.equal(await codeOf(path), 'PLAYBACK_TOKEN_REQUIRED')
  await db.update(streams).set({ playbackPolicy: 'public' }).where(eq(streams.id, stream.id))
  await db.update(vhosts).set({ playbackPolicy: 'signed' })
  assert.equal(await codeOf(path), 'PLAYBACK_TOKEN_REQUIRED')
  await db.update(vhosts).set({ playbackPolicy: 'public' })

  const allowedOrigins = ['https://*.example.com']
  await db.update(playbackIds).set({ allowedOrigins }).where(eq(playbackIds.id, playbackId))
  assert.equal(await codeOf(path), 'PLAYBACK_ORIGIN_DENIED')
  assert.equal(await codeOf(path, { origin: 'https://evil.example' }), 'PLAYBACK_ORIGIN_DENIED')
  const answer = await get(path, { origin: 'https://tv.example.com' })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('access-control-allow-origin'), 'https://tv.example.com')
  assert.ok(answer.headers.get('vary')?.includes('origin'))
  assert.equal(answer.headers.get('cache-control'), 'private, max-age=60')
  await db.update(playbackIds).set({ allowedOrigins: [], policy: 'admission' }).where(eq(playbackIds.id, playbackId))
  assert.equal(await codeOf(path), 'PLAYBACK_HOOK_REQUIRED')
})

test('files lead to the storage, pictures of the storyboard carry what they need', async () => {
  const stream = await newStream()
  const base = { streamId: stream.id, storageId: storage.id, startedAt: at(0), endedAt: at(12) }
  const { id, playbackId } = await newRecording(control, { ...base, policy: 'signed', title: 'Tor! für alle' })
  const file = (type: 'mp4' | 'poster' | 'storyboard' | 'storyboard_sheet', key: string) => ({ type, key, bytes: 1 })
  const prefix = `recordings/${id}/`
  const files = [
    file('mp4', 'files/live/own-name.mp4'),
    file('poster', `${prefix}poster.jpg`),
    file('storyboard', `${prefix}storyboard.vtt`),
    file('storyboard_sheet', `${prefix}storyboard-0.jpg`),
  ]
  await control.db.update(recordings).set({ files }).where(eq(recordings.id, id))
  const vtt = 'WEBVTT\n\n00:00:00.000 --> 00:00:10.000\nstoryboard-0.jpg#xywh=0,0,160,90\n'
  await storage.put(`${prefix}storyboard.vtt`, vtt)
  await storage.put('files/live/own-name.mp4', 'mp4 bytes')
  await storage.put(`${prefix}storyboard-0.jpg`, 'jpeg bytes')
  const token = await tokenFor(playbackId)
  const path = (name: string) => `/v1/playback/${playbackId}/${name}?token=${token}`
  const text = await get(path('storyboard.vtt'))
  assert.equal(text.headers.get('content-type'), 'text/vtt; charset=utf-8')
  assert.equal(text.body, vtt.replace('.jpg#', `.jpg?token=${token}#`))
  const follow = async (name: string) => {
    const answer = await get(path(name))
    assert.equal(answer.status, 302, JSON.stringify(answer.body))
    return control.raw(answer.headers.get('location')!)
  }
  assert.equal(await (await follow('video.mp4')).text(), 'mp4 bytes')
  assert.equal(await (await follow('storyboard-0.jpg')).text(), 'jpeg bytes')
  const saved = await get(`${path('video.mp4')}&download=1`)
  const disposition = (await control.raw(saved.headers.get('location')!)).headers.get('content-disposition')
  assert.match(disposition ?? '', /^attachment; filename="Tor_ f_r alle 2026-11-23\.mp4"/)
  assert.equal(await codeOf(path('video.flv')), 'RECORDING_FILE_MISSING')
  assert.equal(await codeOf(path('storyboard-1.jpg')), 'RECORDING_FILE_MISSING')
  assert.equal(await codeOf(path('storyboard-x.jpg')), 'RESOURCE_NOT_FOUND')
  assert.equal(await codeOf(path('index.m3u8')), 'RECORDING_EMPTY')
})

test('who may read recordings gets every URL; one without a playback id opens it for a while, whatever the policy', async () => {
  const { id, playbackId } = await recorded({ policy: 'signed' })
  const { body } = await control.call('GET', `/v1/recordings/${id}/playback`)
  assert.deepEqual(
    body.urls.map((url: { playback_id: string; policy: string; type: string }) => [
      url.playback_id,
      url.policy,
      url.type,
    ]),
    [
      [null, null, 'hls'],
      [playbackId, 'signed', 'hls'],
    ],
  )
  const [own, byToken] = body.urls
  assert.match(byToken.url, /^http:\/\/localhost\/v1\/playback\/pb_\w+\/index\.m3u8\?token=YOUR_PLAYBACK_TOKEN$/)
  const { pathname, search } = new URL(own.url)
  const index = await get(pathname + search)
  assert.equal(index.status, 200)
  assert.ok(index.body.includes(`media.m3u8${search}`))
  assert.equal((await media(pathname.replace('index', 'media') + search)).segments.length, 3)
  const other = await recorded()
  assert.equal(await codeOf(pathname.replace(id, other.id) + search), 'PLAYBACK_PASS_INVALID')
  assert.equal(await codeOf(pathname), 'PLAYBACK_PASS_INVALID')
  control.advance(Date.parse(own.expires_at) - control.now().getTime())
  assert.equal(await codeOf(pathname + search), 'PLAYBACK_PASS_INVALID')
  const foreign = await control.token(['admin'], await control.project(`p${++made}`))
  assert.equal((await control.call('GET', `/v1/recordings/${id}/playback`, { token: foreign })).status, 404)
})

test('what everybody may see is played from the public address of the storage, once it is final', async () => {
  const location = { type: 's3', bucket: 'media-bucket', prefix: 'a/b', access_key_id: 'AKIDEXAMPLE' }
  const body = { name: 'cdn', location, secret_access_key: 'secret', public_base_url: 'https://cdn.example/x/' }
  const cdn = (await control.call('POST', '/v1/storages', { body })).body
  const { id, playbackId } = await recorded({ storageId: cdn.id }, { storageId: cdn.id })
  const urlsOf = async () => (await get(`/v1/playback/${playbackId}`)).body
  assert.match((await urlsOf()).urls[0].url, /\/v1\/playback\/pb_\w+\/index\.m3u8$/)
  const { segments } = await media(`/v1/playback/${playbackId}/media.m3u8`)
  assert.match(
    segments[0]!.uri,
    /^https:\/\/media-bucket\.s3\.us-east-1\.amazonaws\.com\/a\/b\/streams\/.*X-Amz-Signature=/,
  )
  assert.equal((await media(`/v1/playback/${playbackId}/media.m3u8`)).segments[0]!.uri, segments[0]!.uri)

  const files = [{ type: 'hls' as const, key: `recordings/${id}/index.m3u8`, bytes: 1 }]
  await control.db.update(recordings).set({ files, finishedVersion: 0 }).where(eq(recordings.id, id))
  const shown = await urlsOf()
  assert.deepEqual(shown.urls, [
    { protocol: 'hls', url: `https://cdn.example/x/a/b/recordings/${id}/index.m3u8`, region: null },
  ])
  assert.deepEqual([shown.recording.id, shown.recording.duration_s, shown.live], [id, 12, false])
  await control.db.update(playbackIds).set({ policy: 'signed' }).where(eq(playbackIds.id, playbackId))
  assert.match((await urlsOf()).urls[0].url, /token=YOUR_PLAYBACK_TOKEN$/)
})

test('a live playlist on a public address is one more way to play a stream, for whom no token is asked', async () => {
  const location = { type: 's3', bucket: 'live-bucket', access_key_id: 'AKIDEXAMPLE' }
  const body = { name: 'live', location, secret_access_key: 'secret', public_base_url: 'https://live.example' }
  const cdn = (await control.call('POST', '/v1/storages', { body })).body
  const record = { mode: 'off', storage_id: cdn.id }
  const stream = await newStream({ live_playlist: true, record })
  const path = `/v1/playback/${stream.playback_ids[0]!.id}`
  const url = `https://live.example/streams/${stream.id}/live/index.m3u8`
  assert.deepEqual((await get(path)).body.urls, [{ protocol: 'hls', url, region: null }])
  await control.call('PATCH', `/v1/streams/${stream.id}`, { body: { playback_policy: 'signed' } })
  assert.deepEqual((await get(path)).body.urls, [])
})

test('a playback id of a stream plays its newest recording, or the one that is named', async () => {
  const { stream, id: first } = await recorded()
  const [{ id: playbackId } = { id: '' }] = stream.playback_ids
  const base = { streamId: stream.id, storageId: storage.id, startedAt: at(100), endedAt: at(108) }
  const second = await newRecording(control, base)
  await newTake(control, { ...base, recordingId: second.id, startsAt: at(100), count: 2 })
  const index = await get(`/v1/playback/${playbackId}/index.m3u8`)
  assert.ok(index.body.includes(`media.m3u8?recording=${second.id}`))
  assert.equal((await media(`/v1/playback/${playbackId}/media.m3u8?recording=${first}`)).segments.length, 3)
  const other = await recorded()
  assert.equal(await codeOf(`/v1/playback/${playbackId}/media.m3u8?recording=${other.id}`), 'RECORDING_NOT_FOUND')
  await control.db.update(recordings).set({ status: 'deleted' }).where(eq(recordings.id, second.id))
  assert.equal(await codeOf(`/v1/playback/${second.playbackId}/media.m3u8`), 'RECORDING_NOT_FOUND')
  assert.equal(await codeOf(`/v1/playback/${second.playbackId}`), 'RECORDING_NOT_FOUND')
})

test('pages of any origin may ask, with ranges too', async () => {
  const { playbackId } = await recorded()
  const answer = await control.raw(`/v1/playback/${playbackId}/index.m3u8`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://a.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'range',
    },
  })
  assert.equal(answer.status, 204)
  assert.equal(answer.headers.get('access-control-allow-origin'), '*')
  assert.equal(answer.headers.get('access-control-allow-headers'), 'range,traceparent')
  const head = await control.raw(`/v1/playback/${playbackId}/index.m3u8`, { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
  const zipped = await control.raw(`/v1/playback/${playbackId}/media.m3u8`, {
    headers: { 'accept-encoding': 'br, gzip' },
  })
  assert.equal(zipped.headers.get('content-encoding'), null, 'too small to be worth it')
})
