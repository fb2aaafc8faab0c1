import assert from 'node:assert/strict'
import test from 'node:test'

import { FakeScheduler } from '@millrace/testkit'

import { Players } from './players.ts'
import { SegmentViewers, type SegmentRequest, type SegmentViewersOptions } from './segment-viewers.ts'

const KEY = { vhost: 'v', app: 'live', name: 'x' }
const from = (viewer: string, name = 'x'): SegmentRequest => ({
  key: { ...KEY, name },
  streamId: null,
  protocol: 'hls',
  client: { ip: '127.0.0.1' },
  viewer,
})

function setUp(options?: SegmentViewersOptions) {
  const players = new Players()
  const scheduler = new FakeScheduler()
  return { players, scheduler, viewers: new SegmentViewers(players, scheduler, options) }
}

test('who asks again is the same viewer, until nothing was asked for a while', () => {
  const { players, scheduler, viewers } = setUp({ idleMs: 10_000 })
  viewers.served(from('a'), 100)
  viewers.served(from('b'), 100)
  scheduler.advance(8000)
  viewers.served(from('a'), 50)
  assert.equal(players.count('v/live/x'), 2)
  assert.deepEqual(
    [...players.list()].map((player) => player.bytes()),
    [150, 100],
  )
  scheduler.advance(8000)
  assert.equal(players.count('v/live/x'), 1)
  scheduler.advance(10_000)
  assert.equal(players.size, 0)
  assert.equal(scheduler.pending, 0)
})

test('who may be silent for longer is told apart', () => {
  const { players, scheduler, viewers } = setUp({ idleMs: 10_000 })
  viewers.served({ ...from('a'), idleMs: 40_000 }, 1)
  viewers.served(from('b'), 1)
  scheduler.advance(20_000)
  assert.equal(viewers.watches(from('a')), true)
  assert.equal(players.size, 1)
  scheduler.advance(30_000)
  assert.equal(players.size, 0)
})

test('who was kicked is refused for a while, on that stream', () => {
  const { players, scheduler, viewers } = setUp({ banMs: 60_000 })
  viewers.served(from('a'), 1)
  const [player] = [...players.list()]
  assert.equal(players.kick(player?.id ?? ''), true)
  assert.equal(players.size, 0)
  assert.throws(() => viewers.check(from('a')), { code: 'VIEWER_KICKED' })
  viewers.served(from('a'), 1)
  assert.equal(players.size, 0, 'an answer that was under way')
  viewers.check(from('a', 'y'))
  viewers.check(from('b'))
  scheduler.advance(60_001)
  viewers.check(from('a'))
})

test('while draining, those who watch go on and nobody else is taken', () => {
  const { viewers } = setUp()
  viewers.served(from('a'), 1)
  viewers.draining = true
  viewers.check(from('a'))
  assert.throws(() => viewers.check(from('b')), { code: 'NODE_DRAINING' })
  viewers.draining = false
  viewers.check(from('b'))
})

test('more viewers than can be remembered are served but not listed', () => {
  const { players, viewers } = setUp({ maxViewers: 10 })
  for (let i = 0; i < 20; i++) viewers.served(from(`${i}`), 1)
  assert.equal(players.size, 10)
  viewers.close()
  assert.equal(players.size, 0)
})
