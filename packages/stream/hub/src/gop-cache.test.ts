import assert from 'node:assert/strict'
import test from 'node:test'

import { audioTrack, frameAt, videoTrack } from '@millrace/testkit'

import { GopBudget } from './gop-budget.ts'
import { GopCache } from './gop-cache.ts'
import { DEFAULT_HUB_OPTIONS } from './options.ts'

const video = videoTrack()
const audio = audioTrack()
const both = { tracks: [video, audio], metadata: null }

const unlimited = (): GopBudget => new GopBudget(Number.POSITIVE_INFINITY)
const times = (cache: GopCache): number[] => cache.frames.map(({ dtsTicks }) => dtsTicks)

test('a key frame begins the cache anew, and frames before the first are not kept', () => {
  const cache = new GopCache(DEFAULT_HUB_OPTIONS, unlimited())
  const joins = [
    frameAt(audio, 0),
    frameAt(video, 10),
    frameAt(video, 40, { key: true }),
    frameAt(audio, 45),
    frameAt(video, 80, { key: true }),
  ].map((frame) => cache.add(frame, both))
  assert.deepEqual(joins, [false, false, true, false, true])
  assert.deepEqual(times(cache), [80])
  assert.equal(cache.bytes, 10)
})

test('without key frames the bounds in bytes and media time make join points, and are counted', () => {
  const bytes = new GopCache({ ...DEFAULT_HUB_OPTIONS, maxGopBytes: 35 }, unlimited())
  for (let dts = 0; dts < 10; dts++) bytes.add(frameAt(video, dts, { key: dts === 0 }), both)
  assert.deepEqual([times(bytes), bytes.overflows], [[9], 3])
  const media = new GopCache({ ...DEFAULT_HUB_OPTIONS, maxGopMs: 100 }, unlimited())
  for (let dts = 0; dts <= 280; dts += 40) media.add(frameAt(video, dts, { key: dts === 0 }), both)
  assert.deepEqual([times(media), media.overflows], [[240, 280], 2])
})

test('a publisher that comes after a long break is joined at its key frame, not at its first frame', () => {
  const cache = new GopCache({ ...DEFAULT_HUB_OPTIONS, maxGopMs: 1000 }, unlimited())
  cache.add(frameAt(video, 0, { key: true }), both)
  cache.clear()
  assert.equal(cache.add(frameAt(audio, 60_000), both), false)
  assert.equal(cache.add(frameAt(video, 60_040), both), false)
  assert.equal(cache.add(frameAt(video, 60_080, { key: true }), both), true)
  assert.deepEqual(times(cache), [60_080])
})

test('a stream of audio alone keeps at most the burst', () => {
  const cache = new GopCache({ ...DEFAULT_HUB_OPTIONS, audioBurstMs: 60 }, unlimited())
  for (let dts = 0; dts <= 200; dts += 20) cache.add(frameAt(audio, dts), { tracks: [audio], metadata: null })
  assert.deepEqual([times(cache), cache.overflows], [[180, 200], 0])
})

test('when all caches together are full, those above an equal share start anew, and the others are left alone', () => {
  const budget = new GopBudget(1000)
  const [small, large] = [new GopCache(DEFAULT_HUB_OPTIONS, budget), new GopCache(DEFAULT_HUB_OPTIONS, budget)]
  for (let dts = 0; dts < 100; dts++) {
    small.add(frameAt(video, dts, { key: dts === 0, bytes: 2 }), both)
    large.add(frameAt(video, dts, { key: dts === 0, bytes: 50 }), both)
    assert.ok(budget.bytes <= 1052)
    assert.equal(budget.bytes, small.bytes + large.bytes)
  }
  assert.deepEqual([small.frames.length, small.overflows], [100, 0])
  assert.ok(large.overflows > 0)
  small.clear()
  large.clear()
  assert.equal(budget.bytes, 0)
})
