import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'

import type { GrantLimits } from '@millrace/contracts'
import { Hub, type EndReason } from '@millrace/hub'
import { FakeScheduler, frameAt, videoTrack } from '@millrace/testkit'

import { watchLimits } from './limits.ts'

const NONE: GrantLimits = { max_bitrate_kbps: null, max_duration_s: null, reconnect_window_s: null }
const video = videoTrack()

/** Publishes `kbps` for `seconds`, and tells how and when it ended: `kicked` by the closing hub if by nothing before. */
function publish(t: TestContext, limits: Partial<GrantLimits>, kbps: (second: number) => number, seconds: number) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const scheduler = new FakeScheduler()
  const hub = new Hub(scheduler)
  let end: { reason: EndReason; second: number } | undefined
  let second = 0
  const publication = hub.open({ vhost: 'v', app: 'live', name: 'x' }).publish((reason) => (end = { reason, second }))
  publication.setTrack(video)
  const stop = watchLimits(publication, { ...NONE, ...limits }, () => scheduler.nowMs())
  for (second = 1; second <= seconds && !end; second++) {
    publication.write(frameAt(video, second * 1000, { key: true, bytes: (kbps(second) * 1000) / 8 }))
    scheduler.advance(1000)
    t.mock.timers.tick(1000)
  }
  stop()
  hub.close()
  return end
}

test('a publication that may go on for 5 s is ended then', (t) => {
  assert.deepEqual(
    publish(t, { max_duration_s: 5 }, () => 100, 20),
    { reason: 'max_duration', second: 5 },
  )
})

test('a publisher that stays above its bitrate is ended', (t) => {
  assert.deepEqual(
    publish(t, { max_bitrate_kbps: 500 }, () => 600, 20),
    { reason: 'rejected_media', second: 10 },
  )
})

test('a moment above the bitrate ends nothing', (t) => {
  const end = publish(t, { max_bitrate_kbps: 500 }, (second) => (second % 10 === 0 ? 3000 : 100), 60)
  assert.equal(end?.reason, 'kicked')
})

test('without limits nothing is watched', (t) => {
  const end = publish(t, {}, () => 100_000, 30)
  assert.equal(end?.reason, 'kicked')
})
