import assert from 'node:assert/strict'
import test from 'node:test'

import { audioTrack, frameAt, Random, videoTrack } from '@millrace/testkit'

import { MixQueue } from './mix-queue.ts'
import { plainPackaging, publishBoth, setUp, TestSink } from './testing.ts'

const video = videoTrack()
const audio = audioTrack()

test('tracks that come in bursts leave in the order of their times', () => {
  const random = new Random(3)
  const queue = new MixQueue()
  const out: number[] = []
  // each is at most ten frames ahead of the other
  for (let base = 0; base < 2000; base += 100) {
    const burst = random.int(2) === 0 ? [video, audio] : [audio, video]
    for (const track of burst) {
      const times = Array.from({ length: 4 }, (_, i) => base + 25 * i + (track === audio ? 7 : 0))
      for (const dts of times) out.push(...queue.push(frameAt(track, dts)).map(({ dtsTicks }) => dtsTicks))
    }
  }
  out.push(...queue.flush().map(({ dtsTicks }) => dtsTicks))
  assert.equal(out.length, 160)
  assert.deepEqual(
    out,
    out.toSorted((a, b) => a - b),
  )
})

test('a track that is alone waits for ten frames, not for ever', () => {
  const queue = new MixQueue()
  const due = Array.from({ length: 30 }, (_, i) => queue.push(frameAt(audio, i)).length)
  assert.deepEqual(due.slice(0, 12), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
  assert.equal(queue.flush().length, 9)
})

test('a stream with the queue keeps what waits before a new configuration and at its end', () => {
  const { stream, scheduler } = setUp({ mixCorrect: true, flushMs: 0 })
  const sink = new TestSink()
  stream.read(plainPackaging(), sink)
  const publication = publishBoth(stream)
  publication.write(frameAt(video, 0, { key: true }))
  publication.write(frameAt(audio, 10))
  publication.write(frameAt(audio, 20))
  publication.write(frameAt(audio, 30))
  publication.write(frameAt(video, 15))
  publication.write(frameAt(video, 40))
  publication.setTrack(videoTrack())
  publication.write(frameAt(video, 80))
  publication.end('publisher_closed')
  scheduler.advance(0)
  assert.equal(sink.text, '[init video+audio @0] V0k A10 V15 A20 A30 V40 [update @40] V80 ')
})
