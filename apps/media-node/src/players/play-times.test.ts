import assert from 'node:assert/strict'
import test from 'node:test'

import { createFlvPackager, createFlvPayloads, FlvReader } from '@millrace/flv'
import { Hub } from '@millrace/hub'
import type { Metadata } from '@millrace/media'
import { FakeScheduler, frameAt, videoTrack } from '@millrace/testkit'

import { withTimes, type PlayTimes } from './play-times.ts'

const video = videoTrack()
const KEY = { vhost: 'v', app: 'live', name: 'x' }
const FLV = { key: 'flv', create: () => createFlvPackager(createFlvPayloads({ hevc: 'enhanced' })) }

/** Times of the video tags, sequence header included, that a player gets of a publisher that begins at 5000 s and jumps. */
function received(times: PlayTimes, metadata: Metadata = {}): number[] {
  const scheduler = new FakeScheduler()
  const hub = new Hub(scheduler, { flushMs: 0, settleMs: 0 })
  const stream = hub.open(KEY)
  const publication = stream.publish(() => {})
  publication.setMetadata(metadata)
  publication.setTrack(video)
  publication.write(frameAt(video, 5_000_000, { key: true }))
  const tags: number[] = []
  const reader = new FlvReader()
  stream.read(withTimes(FLV, times), {
    waits: true,
    pendingBytes: 0,
    write: (bytes) => {
      for (const part of reader.push(bytes))
        if (part.type === 'tag' && part.kind === 'video') tags.push(part.timestampMs)
    },
    whenTaken: (task) => task(),
    end() {},
  })
  for (const dts of [5_000_040, 5_000_080, 9_000_000]) {
    publication.write(frameAt(video, dts))
    scheduler.advance(40)
  }
  hub.close()
  return tags
}

test('players get the repaired times of the stream, or those of its publisher', () => {
  assert.deepEqual(received('stream'), [0, 0, 40, 80, 120])
  assert.deepEqual(received('published'), [5_000_000, 5_000_000, 5_000_040, 5_000_080, 9_000_000])
})

test('a publisher may say that its times are absolute', () => {
  assert.deepEqual(received('as-told'), received('stream'))
  assert.deepEqual(received('as-told', { bravo_atc: true }), received('stream'))
  assert.deepEqual(received('as-told', { bravo_atc: 'true' }), received('published'))
})

test('players with the same times share a packaging, and others do not', () => {
  assert.equal(withTimes(FLV, 'stream'), FLV)
  assert.deepEqual([withTimes(FLV, 'published').key, withTimes(FLV, 'as-told').key], ['flv:published', 'flv:as-told'])
})
