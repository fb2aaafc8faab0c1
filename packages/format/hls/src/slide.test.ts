import assert from 'node:assert/strict'
import test from 'node:test'
import { parsePlaylist } from './parse.ts'
import type { MediaPlaylist, MediaSegment } from './playlist.ts'
import { emptyPlaylist, slidePlaylist } from './slide.ts'
import type { SlideOptions } from './slide.ts'
import { writeMediaPlaylist } from './write.ts'

const segment = (uri: string, change: Partial<MediaSegment> = {}): MediaSegment => {
  return { uri, durationUs: 4_000_000, discontinuity: false, wallMs: null, ...change }
}

function filled(playlist: MediaPlaylist, uris: readonly string[], options?: SlideOptions): MediaPlaylist {
  return uris.reduce((before, uri) => slidePlaylist(before, segment(uri), options), playlist)
}

const uris = (playlist: MediaPlaylist): string => playlist.segments.map(({ uri }) => uri).join(' ')

test('lists the window and numbers on', () => {
  const playlist = filled(emptyPlaylist(4), ['a', 'b', 'c', 'd', 'e', 'f'], { windowUs: 15_000_000 })
  assert.equal(uris(playlist), 'c d e f')
  assert.equal(playlist.mediaSequence, 2)
})

test('never lists less than three target durations, nor more than the most segments', () => {
  assert.equal(uris(filled(emptyPlaylist(4), ['a', 'b', 'c', 'd', 'e'], { windowUs: 1 })), 'c d e')
  const short = Array.from({ length: 9 }, (_, i) => segment(`${i}`, { durationUs: 0 }))
  const playlist = short.reduce((before, one) => slidePlaylist(before, one, { maxSegments: 3 }), emptyPlaylist(4))
  assert.equal(uris(playlist), '6 7 8')
  assert.equal(playlist.mediaSequence, 6)
})

test('segments with an initialisation section slide out before one without', () => {
  const fragmented = slidePlaylist(emptyPlaylist(4), segment('a', { mapUri: 'init.mp4', discontinuity: true }))
  const playlist = slidePlaylist(fragmented, segment('b', { discontinuity: true }))
  assert.equal(uris(playlist), 'b')
  assert.deepEqual([playlist.mediaSequence, playlist.discontinuitySequence], [1, 1])
})

test('another writer goes on with what it reads: segments, discontinuities and target duration', () => {
  const first = slidePlaylist({ ...emptyPlaylist(4), epoch: 7 }, segment('a', { discontinuity: true, durationUs: 6e6 }))
  const ended = { ...filled(first, ['b', 'c']), ended: true }
  const parsed = parsePlaylist(writeMediaPlaylist(ended))
  assert.ok(parsed.type === 'media')
  const { type: _type, ...taken } = parsed
  const moved = slidePlaylist({ ...taken, epoch: 8 }, segment('d', { discontinuity: true }), { windowUs: 1 })
  assert.deepEqual([uris(moved), moved.ended, moved.epoch, moved.targetDurationS], ['a b c d', false, 8, 6])
  const later = filled(moved, ['e', 'f', 'g', 'h', 'i'], { windowUs: 1 })
  assert.equal(uris(later), 'e f g h i')
  assert.deepEqual([later.mediaSequence, later.discontinuitySequence], [4, 2])
  assert.match(writeMediaPlaylist(later), /^#EXT-X-MILLRACE-EPOCH:8$/m)
})
