import assert from 'node:assert/strict'
import test from 'node:test'

import { joinNalus, writeAacConfig, writeAvcConfig } from '@millrace/codecs'
import { silentLogger } from '@millrace/core'
import { parsePlaylist } from '@millrace/hls'
import { Hub, type Publication } from '@millrace/hub'
import type { Track } from '@millrace/media'
import { audioTrack, FakeScheduler, frameAt, videoTrack } from '@millrace/testkit'

import type { HttpAnswer } from '../../io/http.ts'
import { HlsOutputs, type HlsRequest } from './hls-outputs.ts'
import type { HlsResource } from './hls-target.ts'

const SETS = { sps: [Uint8Array.of(0x67, 1)], pps: [Uint8Array.of(0x68, 2)], extension: new Uint8Array(0) }
const AVC = { profile: 66, compatibility: 0, level: 30, lengthSize: 4 }
const video = videoTrack({ config: writeAvcConfig({ ...AVC, ...SETS }) })
const audio = audioTrack({ config: writeAacConfig(2, 44_100, 2) })
const key = { vhost: '__defaultVhost__', app: 'live', name: 'x' }
const EPOCH_S = 1_700_000_000
const request: HlsRequest = { method: 'GET', search: '' }

/** A hub with HLS on its streams, on a clock that only moves when told. */
function node(settings = {}, wallOffsetMs = () => EPOCH_S * 1000) {
  const scheduler = new FakeScheduler()
  const wallNowMs = (): number => wallOffsetMs() + scheduler.nowMs()
  const hls = new HlsOutputs({
    settingsOf: () => ({ segmentMs: 2000, windowMs: 8000, ...settings }),
    scheduler,
    wallNowMs,
    logger: silentLogger,
  })
  const hub = new Hub(
    scheduler,
    { reconnectWindowMs: 10_000 },
    {
      opened: (stream) => hls.attach(stream),
      live: (stream) => hls.live(stream),
      closed: (stream) => hls.detach(stream),
    },
  )
  const stream = () => hub.open(key)
  const publish = (tracks: readonly Track[]): Publication => {
    const publication = stream().publish(() => {})
    for (const track of tracks) publication.setTrack(track)
    return publication
  }
  /** Publishes 25 pictures and 50 audio frames a second, a key frame each second. */
  const run = (publication: Publication, tracks: readonly Track[], seconds: number): void => {
    const from = publication.frames
    for (let ms = 0; ms < seconds * 1000; ms += 20) {
      for (const track of tracks) {
        if (track.kind === 'video' && ms % 40 > 0) continue
        const isKey = track.kind === 'audio' || ms % 1000 === 0
        const payload = track.kind === 'audio' ? new Uint8Array(40) : joinNalus([Uint8Array.of(isKey ? 0x65 : 0x41, 1)])
        const dtsTicks = from * 1000 + ms
        publication.write({ track, dtsTicks, ptsTicks: dtsTicks, key: isKey, payload })
      }
      scheduler.advance(20)
    }
  }
  const get = (type: HlsResource['type'], change: Partial<HlsRequest> = {}, sequence = 0): Promise<HttpAnswer> =>
    hls.serve(key, type === 'segment' ? { type, sequence } : { type }, { ...request, ...change })
  const media = async () => {
    const playlist = parsePlaylist(String((await get('media')).body))
    assert.equal(playlist.type, 'media')
    return playlist as Extract<typeof playlist, { type: 'media' }>
  }
  return { scheduler, hls, hub, stream, publish, run, get, media }
}

test('a stream for which there are no settings has no HLS', async () => {
  const scheduler = new FakeScheduler()
  const hls = new HlsOutputs({ settingsOf: () => undefined, scheduler, logger: silentLogger })
  const hub = new Hub(scheduler, {}, { opened: (stream) => hls.attach(stream), live: (stream) => hls.live(stream) })
  const stream = hub.open(key)
  const publication = stream.publish(() => {})
  publication.setTrack(video)
  for (const dts of [0, 1000, 2000, 3000]) publication.write(frameAt(video, dts, { key: true }))
  assert.ok(stream.live)
  assert.equal((await hls.serve(key, { type: 'media' }, request)).status, 404)
  hub.close()
})

test('a live stream has a multivariant playlist, a media playlist and its segments', async () => {
  const { publish, run, get, media } = node()
  run(publish([video, audio]), [video, audio], 6)
  const top = await get('multivariant', { search: '?vhost=v&t=1' })
  assert.equal(top.headers['content-type'], 'application/vnd.apple.mpegurl')
  const multivariant = parsePlaylist(String(top.body))
  assert.ok(multivariant.type === 'multivariant')
  const [variant] = multivariant.variants
  assert.equal(variant?.uri, 'x.media.m3u8?vhost=v&t=1')
  assert.deepEqual(variant.codecs, ['avc1.64001f', 'mp4a.40.2'])
  assert.deepEqual([variant.width, variant.height, variant.frameRate], [1280, 720, 25])
  const { segments, targetDurationS, mediaSequence } = await media()
  assert.deepEqual(
    segments.map(({ durationUs, discontinuity }) => [durationUs, discontinuity]),
    [
      [1_000_000, true],
      [2_000_000, false],
      [2_000_000, false],
    ],
  )
  assert.equal(targetDurationS, 2)
  assert.ok(mediaSequence >= EPOCH_S)
  for (const [i, { uri }] of segments.entries()) {
    assert.equal(uri, `x-${mediaSequence + i}.ts`)
    const answer = await get('segment', {}, mediaSequence + i)
    assert.equal(answer.headers['content-type'], 'video/mp2t')
    assert.ok(answer.body instanceof Uint8Array && answer.body.length % 188 === 0)
  }
})

test('segments answer ranges, playlists and segments say how long they may be cached', async () => {
  const { publish, run, get, media } = node()
  run(publish([video]), [video], 4)
  const { mediaSequence } = await media()
  const part = await get('segment', { range: 'bytes=188-375' }, mediaSequence)
  assert.equal(part.status, 206)
  assert.match(part.headers['content-range'] ?? '', /^bytes 188-375\/\d+$/)
  assert.equal(part.body?.length, 188)
  assert.equal((await get('segment', { range: 'bytes=9999999-' }, mediaSequence)).status, 416)
  assert.match(part.headers['cache-control'] ?? '', /immutable/)
  assert.equal((await get('media')).headers['cache-control'], 'public, max-age=0, s-maxage=1')
  assert.equal((await get('segment', {}, mediaSequence + 99)).status, 404)
  assert.equal((await get('segment', {}, mediaSequence + 99)).headers['cache-control'], 'no-store')
})

test('a request before the first segment is held until it is there', async () => {
  const { publish, run, get, stream } = node()
  stream()
  const held = get('multivariant')
  run(publish([video, audio]), [video, audio], 2)
  assert.equal((await held).status, 200)
})

test('a request is not held for longer than the limit, nor for a stream that nobody opened', async () => {
  const { scheduler, stream, get, hls } = node({ waitMs: 3000 })
  assert.equal((await get('multivariant')).status, 404)
  stream()
  const held = get('media')
  scheduler.advance(3000)
  assert.equal((await held).status, 404)
  const closing = get('media')
  hls.close()
  assert.equal((await closing).status, 404)
})

test('when the first segment takes longer than that, players are asked to come back', async () => {
  const { publish, run, get } = node({ waitMs: 500 })
  const publication = publish([video, audio])
  run(publication, [video, audio], 0.5)
  const held = get('multivariant')
  run(publication, [audio], 2)
  const answer = await held
  assert.equal(answer.status, 503)
  assert.equal(answer.headers['retry-after'], '1')
})

test('a stream of codecs that TS cannot carry says so; a part that it can is served', async () => {
  const av1 = videoTrack({ codec: 'av1' })
  const opus = audioTrack({ codec: 'opus' })
  const none = node()
  none.stream()
  const held = none.get('multivariant')
  none.run(none.publish([av1, opus]), [av1, opus], 2)
  assert.match(String((await held).body), /none of the codecs of this stream goes/)
  const part = node()
  part.run(part.publish([av1, audio]), [av1, audio], 6)
  const playlist = parsePlaylist(String((await part.get('multivariant')).body))
  assert.ok(playlist.type === 'multivariant')
  assert.deepEqual(playlist.variants[0]?.codecs, ['mp4a.40.2'])
  assert.equal(playlist.variants[0]?.width, 0)
})

test('a publisher who comes back within the window continues the playlist with a discontinuity', async () => {
  const { scheduler, publish, run, get, media } = node({ windowMs: 20_000 })
  const first = publish([video, audio])
  run(first, [video, audio], 5)
  first.end('timeout')
  const between = await media()
  assert.equal(between.ended, false)
  scheduler.advance(5000)
  run(publish([video]), [video], 5)
  const after = await media()
  assert.equal(after.mediaSequence, between.mediaSequence)
  const [last] = after.segments.slice(between.segments.length)
  assert.equal(last?.discontinuity, true)
  const uris = after.segments.map(({ uri }) => uri)
  assert.equal(new Set(uris).size, uris.length)
  assert.equal((await get('media')).status, 200)
})

test('when nobody comes back the playlist ends, then is forgotten, and the stream is freed', async () => {
  const { scheduler, publish, run, get, media, hub } = node()
  const publication = publish([video])
  run(publication, [video], 5)
  publication.end('publisher_closed')
  scheduler.advance(9999)
  assert.equal((await media()).ended, false)
  scheduler.advance(1)
  assert.equal((await media()).ended, true)
  assert.equal(hub.streams.length, 0)
  scheduler.advance(8000)
  assert.equal((await get('media')).status, 404)
  assert.equal(scheduler.pending, 0)
})

test('a publisher who comes back after the end opens the playlist again, with higher numbers', async () => {
  const { scheduler, publish, run, media } = node()
  const first = publish([video])
  run(first, [video], 5)
  first.end('publisher_closed')
  scheduler.advance(12_000)
  const ended = await media()
  assert.equal(ended.ended, true)
  const second = publish([video])
  run(second, [video], 5)
  const again = await media()
  assert.equal(again.ended, false)
  assert.ok(again.segments.some(({ discontinuity }) => discontinuity))
  second.end('publisher_closed')
  scheduler.advance(60_000)
  run(publish([video]), [video], 5)
  const anew = await media()
  assert.ok(anew.mediaSequence > again.mediaSequence + again.segments.length)
})

test('a player who opens a stream and leaves again leaves nothing behind', async () => {
  const { hub, stream, get } = node()
  const packaging = { key: 'p', create: () => ({ init: () => [], update: () => [], encode: () => [] }) }
  const reader = stream().read(packaging, { write: () => true, end() {} } as never)
  stream().leave(reader, 'GONE')
  assert.equal(hub.streams.length, 0)
  assert.equal((await get('media')).status, 404)
})

test('memory is bounded', async () => {
  const { publish, run, media, hls, stream, get } = node({ maxBytes: 40_000, windowMs: 60_000 })
  run(publish([video, audio]), [video, audio], 60)
  const { segments, mediaSequence } = await media()
  let bytes = 0
  for (const i of segments.keys()) bytes += (await get('segment', {}, mediaSequence + i)).body?.length ?? 0
  assert.ok(bytes <= 40_000 && segments.length >= 1)
  assert.equal((await get('segment', {}, mediaSequence - 1)).status, 404)
  assert.ok(hls.bytesOut(stream()) >= bytes)
})

test('a fault ends the HLS of a stream, not its publication, and the next publication has it again', async () => {
  let broken = false
  const { publish, run, get, stream } = node({}, () => {
    if (broken) throw new RangeError('no clock')
    return EPOCH_S * 1000
  })
  const publication = publish([video])
  run(publication, [video], 3)
  broken = true
  run(publication, [video], 3)
  assert.equal(publication.frames, 150)
  assert.equal((await get('media')).status, 404)
  broken = false
  publication.end('publisher_closed')
  run(publish([video]), [video], 4)
  assert.equal(stream().live, true)
  assert.equal((await get('media')).status, 200)
})

test('a query that is too long to be repeated is refused', async () => {
  const { publish, run, get } = node()
  run(publish([video]), [video], 4)
  assert.equal((await get('media', { search: `?${'a'.repeat(3000)}` })).status, 414)
})
