import assert from 'node:assert/strict'
import test from 'node:test'

import { frameAt } from '@millrace/testkit'

import { SoundCache } from './sound-cache.ts'
import { audio, plainPackaging, publishBoth, setUp, TestSink, video } from './testing.ts'
import type { Packaging } from './view.ts'

/** Sound alone, as `A20 `. */
function soundPackaging(counts = { encoded: 0 }): Packaging {
  const all = plainPackaging(counts).create()
  return {
    key: 'sound',
    beginsWithSound: true,
    create: () => ({
      init: () => [],
      update: () => [],
      encode: (frame) => (frame.track.kind === 'audio' ? all.encode(frame) : []),
    }),
  }
}

/** `A20 A40 …`: what there is of sound between these times, both included. */
const sound = (fromMs: number, toMs: number): string =>
  Array.from({ length: (toMs - fromMs) / 20 + 1 }, (_, i) => `A${fromMs + 20 * i} `).join('')

/** A stream with 4 s of sound, and of pictures, of which each 25th is a key frame. */
function fourSeconds(options: Parameters<typeof setUp>[0]) {
  const { scheduler, stream } = setUp(options)
  const publication = publishBoth(stream)
  const until = (endMs: number, fromMs: number): void => {
    for (let dts = fromMs; dts < endMs; dts += 20) {
      if (dts % 40 === 0) publication.write(frameAt(video, dts, { key: dts % 1000 === 0 }))
      publication.write(frameAt(audio, dts))
      scheduler.advance(20)
    }
  }
  until(4000, 0)
  return { scheduler, stream, publication, until }
}

test('it keeps the newest sound, copied, for as long as is wanted and as large as is allowed', () => {
  const cache = new SoundCache({ soundCacheMs: 100, maxSoundCacheBytes: 45 })
  for (let dts = 0; dts < 1000; dts += 20) {
    cache.add(frameAt(video, dts))
    cache.add(frameAt(audio, dts, { bytes: 5 }))
  }
  const times = (): number[] => cache.frames.map(({ dtsTicks }) => dtsTicks)
  assert.deepEqual(times(), [900, 920, 940, 960, 980])
  assert.equal(cache.bytes, 25)
  const large = frameAt(audio, 1000, { bytes: 40 })
  cache.add(large)
  assert.deepEqual(times(), [980, 1000])
  assert.notEqual(cache.frames[1]?.payload.buffer, large.payload.buffer)
  cache.add(frameAt(audio, 1020, { bytes: 46 }))
  assert.deepEqual([times(), cache.bytes], [[], 0])
  cache.add(frameAt(audio, 1040))
  cache.configure({ soundCacheMs: 0, maxSoundCacheBytes: 45 })
  cache.add(frameAt(audio, 1060))
  assert.deepEqual([times(), cache.bytes], [[], 0])
})

test('a reader begins with exactly the sound that is kept, whenever it comes, and nothing is missing or twice at the seam', () => {
  for (let joinMs = 4000; joinMs < 4200; joinMs += 20) {
    const { scheduler, stream, until } = fourSeconds({ soundCacheMs: 2000 })
    const early = new TestSink()
    stream.read(soundPackaging(), early)
    until(joinMs, 4000)
    const sink = new TestSink()
    stream.read(soundPackaging(), sink)
    assert.equal(sink.text, sound(joinMs - 2000, joinMs - 20))
    until(6000, joinMs)
    scheduler.advance(100)
    assert.equal(sink.text, sound(joinMs - 2000, 5980))
    assert.equal(early.text, sound(2000, 5980))
  }
})

test('sound that is kept is encoded once for each reader that comes, live sound once for all', () => {
  const { stream, until } = fourSeconds({ soundCacheMs: 2000 })
  const counts = { encoded: 0 }
  stream.read(soundPackaging(counts), new TestSink())
  const first = counts.encoded
  stream.read(soundPackaging(counts), new TestSink())
  assert.equal(counts.encoded - first, 100)
  until(5000, 4000)
  assert.equal(counts.encoded - first, 150)
})

test('readers begin at the join point where no sound is kept, or with another packaging', () => {
  const plain = new TestSink()
  fourSeconds({ soundCacheMs: 2000 }).stream.read(plainPackaging(), plain)
  assert.match(plain.text, /^\[init video\+audio @3000\] V3000k A3000 A3020 /)
  const none = new TestSink()
  fourSeconds({}).stream.read(soundPackaging(), none)
  assert.equal(none.text, sound(3000, 3980))
})

test('nothing of a publisher who has left is kept for the next', () => {
  const { stream, publication } = fourSeconds({ soundCacheMs: 2000 })
  publication.end('publisher_closed')
  const sink = new TestSink()
  stream.read(soundPackaging(), sink)
  assert.equal(sink.text, '')
  const next = publishBoth(stream)
  next.write(frameAt(video, 0, { key: true }))
  next.write(frameAt(audio, 0))
  const late = new TestSink()
  stream.read(soundPackaging(), late)
  assert.match(late.text, /^A\d+ $/)
})
