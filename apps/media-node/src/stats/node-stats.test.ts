import assert from 'node:assert/strict'
import test from 'node:test'

import { Hub } from '@millrace/hub'
import { audioTrack, FakeScheduler, frameAt, videoTrack } from '@millrace/testkit'

import { NodeStats } from './node-stats.ts'

const video = videoTrack()

test('rates and load follow what comes in and goes out, and forget a stream that is gone', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let nowMs = 0
  t.mock.method(performance, 'now', () => nowMs)
  const hub = new Hub(new FakeScheduler(), { flushMs: 0 })
  const stats = new NodeStats(hub, { count: () => 3, size: 4 }, [{ bytesOut: () => 500 }])
  t.after(() => stats.close())
  const second = (): void => {
    nowMs += 1000
    t.mock.timers.tick(1000)
  }

  const stream = hub.open({ vhost: 'v', app: 'live', name: 'x' })
  const publication = stream.publish(() => {})
  publication.setTrack(video)
  publication.setTrack(audioTrack())
  assert.deepEqual(stats.rates(stream), { sinceMs: 0, inBps: 0, outBps: 0 })
  for (let n = 0; n < 10; n++) {
    publication.write(frameAt(video, n * 1000, { key: true, bytes: 125 }))
    second()
  }
  assert.deepEqual(stats.rates(stream), { sinceMs: 0, inBps: 1000, outBps: 0 })
  const { cpu, ...load } = stats.load()
  assert.deepEqual(load, { streams: 1, players: 4, in_bps: 1000, out_bps: 0 })
  assert.ok(cpu >= 0 && cpu <= 1)
  assert.deepEqual([stats.players(stream), stats.bytesOut(stream)], [3, 500])

  hub.close()
  for (let n = 0; n < 5; n++) second()
  assert.deepEqual(stats.rates(stream), { sinceMs: nowMs, inBps: 0, outBps: 0 })
})
