import assert from 'node:assert/strict'
import test from 'node:test'

import { livePlaylistKey } from '@millrace/contracts'
import { parsePlaylist, writeMediaPlaylist, type MediaPlaylist } from '@millrace/hls'

import { eventually } from '../../../../../test/support/eventually.ts'
import { testScope } from '../../../../../test/support/scope.ts'
import { clip, order, Rig, STREAM_ID } from './archive.test-support.ts'

const media = await clip({ video: 'h264', audio: 'aac' })
const MEDIA = livePlaylistKey(STREAM_ID, 'media')
const INDEX = livePlaylistKey(STREAM_ID, 'index')
const live = order({ live_playlist: { window_s: 60 } })

function playlist(rig: Rig): MediaPlaylist {
  const parsed = parsePlaylist(rig.server.text(MEDIA))
  assert.ok(parsed.type === 'media')
  return parsed
}

const listed = (rig: Rig, segments: number): Promise<MediaPlaylist> =>
  eventually(`${segments} segments are listed`, () => {
    const now = playlist(rig)
    return now.segments.length === segments && now
  })

const forgotten = (rig: Rig): Promise<true> =>
  eventually('all is stored, and forgotten', async () => {
    return rig.of('take.closed').length === 1 && (await rig.spool.takeIds()).length === 0
  })

/** Puts a playlist in the storage, as another node wrote it. */
function putPlaylist(rig: Rig, text: string): void {
  rig.server.objects.set(MEDIA, { body: Buffer.from(text), headers: {}, etag: `"${text.length}"` })
}

test('a live playlist lists what is stored, and ends when nobody comes back', async (t) => {
  const rig = await Rig.start(testScope(t), { reconnectWindowMs: 0 })
  const { write, publication } = rig.publish(live, 7)
  write(media)
  const during = await listed(rig, 4)
  assert.equal(during.ended, false)
  assert.equal(during.epoch, 7)
  publication.end('publisher_closed')
  const after = await eventually('it has ended', () => playlist(rig).ended && playlist(rig))
  assert.equal(after.segments.length, 5)
  for (const { uri, mapUri } of after.segments) {
    for (const one of [uri, mapUri ?? '']) {
      const key = new URL(one, `http://x/${MEDIA}`).pathname.slice(1)
      assert.ok(rig.server.objects.has(key), key)
    }
  }
  const top = parsePlaylist(rig.server.text(INDEX))
  assert.ok(top.type === 'multivariant')
  const [variant] = top.variants
  assert.equal(variant?.uri, 'media.m3u8')
  assert.deepEqual([variant.codecs.length, variant.width, variant.height], [2, 320, 180])
  assert.ok(variant.bandwidthBps > 1000)
  const headers = rig.server.objects.get(MEDIA)?.headers
  assert.equal(headers?.['content-type'], 'application/vnd.apple.mpegurl')
  assert.equal(headers['cache-control'], 'public, max-age=1')
  await eventually('the take is forgotten', async () => (await rig.spool.takeIds()).length === 0)
})

test('a publisher that comes back in time goes on in the same playlist, after a discontinuity', async (t) => {
  const rig = await Rig.start(testScope(t))
  const first = rig.publish(live, 7)
  first.write(media)
  first.publication.end('publisher_closed')
  await listed(rig, 5)
  const second = rig.publish(live, 8)
  second.write(media)
  second.publication.end('publisher_closed')
  const { segments, mediaSequence, ended, epoch } = await listed(rig, 10)
  assert.deepEqual(
    segments.map(({ discontinuity }) => discontinuity),
    segments.map((_, i) => i % 5 === 0),
  )
  assert.deepEqual([mediaSequence, ended, epoch], [0, false, 8])
})

test('the window slides, and numbers go on where another node left them', async (t) => {
  const rig = await Rig.start(testScope(t))
  const segments = Array.from({ length: 3 }, (_, i) => {
    return { uri: `../tak_other/${i}.ts`, durationUs: 2_000_000, discontinuity: i === 0, wallMs: null }
  })
  const before = { targetDurationS: 4, mediaSequence: 100, discontinuitySequence: 5, segments, ended: true, epoch: 6 }
  putPlaylist(rig, writeMediaPlaylist(before))
  const { write, publication } = rig.publish(order({ live_playlist: { window_s: 1 }, format: 'ts' }), 7)
  write(media)
  publication.end('publisher_closed')
  const now = await eventually('all is listed', () => {
    const { mediaSequence, segments: all } = playlist(rig)
    return mediaSequence + all.length === 108 && playlist(rig)
  })
  // three target durations at least
  assert.equal(now.segments.length, 7)
  assert.deepEqual([now.discontinuitySequence, now.ended, now.epoch], [6, false, 7])
  assert.equal(now.segments[2]?.discontinuity, true)
})

test('a playlist of a higher epoch is left alone', async (t) => {
  const rig = await Rig.start(testScope(t), { reconnectWindowMs: 0 })
  const text = writeMediaPlaylist({
    targetDurationS: 4,
    mediaSequence: 1,
    discontinuitySequence: 0,
    segments: [],
    ended: false,
    epoch: 8,
  })
  putPlaylist(rig, text)
  const { write, publication } = rig.publish(live, 7)
  write(media)
  publication.end('publisher_closed')
  await forgotten(rig)
  assert.equal(rig.of('segment.stored').length, 5)
  assert.equal(rig.server.text(MEDIA), text)
})

test('another node that takes over in mid-stream wins: its playlist is seen at the next write', async (t) => {
  const rig = await Rig.start(testScope(t), { reconnectWindowMs: 0 })
  const { write, publication } = rig.publish(live, 7)
  write(media)
  const mine = await listed(rig, 4)
  const theirs = writeMediaPlaylist({ ...mine, epoch: 8 })
  putPlaylist(rig, theirs)
  publication.end('publisher_closed')
  await forgotten(rig)
  assert.equal(rig.server.text(MEDIA), theirs)
})

test('a node that the control plane calls stale writes its segments, and no playlist', async (t) => {
  const rig = await Rig.start(testScope(t), { reconnectWindowMs: 0 })
  rig.control.refuse = { prefix: 'live/', code: 'EPOCH_STALE' }
  const { write, publication } = rig.publish(live, 7)
  write(media)
  publication.end('publisher_closed')
  await forgotten(rig)
  assert.equal(rig.of('segment.stored').length, 5)
  assert.equal(rig.server.objects.has(MEDIA), false)
})

test('a storage without conditions gets its playlist all the same', async (t) => {
  const rig = await Rig.start(testScope(t))
  rig.server.behaviour = 'without conditions'
  const { write, publication } = rig.publish(live, 7)
  write(media)
  publication.end('publisher_closed')
  await listed(rig, 5)
})

test('the playlist of a node that was killed is ended by its next run, if the stream does not go on', async (t) => {
  const rig = await Rig.start(testScope(t), { reconnectWindowMs: 0 })
  const { write } = rig.publish(live, 7)
  write(media)
  await listed(rig, 4)
  await rig.restart()
  await rig.archive.recover()
  const { segments } = await eventually('it has ended', () => playlist(rig).ended && playlist(rig))
  assert.equal(segments.length, 5)
  assert.equal(new Set(segments.map(({ uri }) => uri)).size, 5)
})

test('in a local directory a playlist is kept too', async (t) => {
  const rig = await Rig.start(testScope(t), { local: true, reconnectWindowMs: 0 })
  const { write, publication } = rig.publish(live, 7)
  write(media)
  publication.end('publisher_closed')
  await forgotten(rig)
  const parsed = parsePlaylist(await rig.local(MEDIA))
  assert.ok(parsed.type === 'media' && parsed.ended)
  assert.equal(parsed.segments.length, 5)
})
