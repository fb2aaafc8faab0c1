import assert from 'node:assert/strict'
import test from 'node:test'

import { Hub } from '@millrace/hub'
import { FakeScheduler, frameAt, videoTrack } from '@millrace/testkit'

import { Players } from '../players/players.ts'
import { Statistics } from './statistics.ts'

const video = videoTrack()

function setUp(t: test.TestContext) {
  const hub: Hub = new Hub(
    new FakeScheduler(),
    {},
    { opened: (stream) => statistics.opened(stream), live() {}, closed: (stream) => statistics.closed(stream) },
  )
  const players = new Players()
  const statistics = new Statistics({
    hub,
    players,
    broadcasts: { list: () => [], clientIdOf: () => undefined },
    stats: { players: () => 0, bytesOut: () => 5, rates: () => ({ sinceMs: 0, inBps: 0, outBps: 0 }) },
  })
  t.after(() => statistics.close())
  return { hub, players, statistics }
}

test('a vhost keeps its id and what its streams have moved when they have gone', (t) => {
  const { hub, statistics } = setUp(t)
  const stream = hub.open({ vhost: 'v', app: 'live', name: 'x' })
  const publication = stream.publish(() => {})
  publication.setTrack(video)
  publication.write(frameAt(video, 0, { key: true, bytes: 100 }))
  const [before] = statistics.vhosts()
  assert.deepEqual([before?.streams, before?.receivedBytes, before?.sentBytes], [1, 100, 5])
  assert.equal(statistics.findStream(statistics.streamId(stream)), stream)
  hub.close()
  assert.deepEqual(statistics.vhosts(), [{ ...before, streams: 0, clients: 0 }])
  assert.equal(statistics.summaryFigures().receivedBytes, 100)
})

test('vhosts that clients make up are forgotten in the end, those in use are not', (t) => {
  const { hub, statistics } = setUp(t)
  hub.open({ vhost: 'used', app: 'live', name: 'x' }).publish(() => {})
  for (let i = 0; i < 1500; i++) {
    const stream = hub.open({ vhost: `v${i}`, app: 'live', name: 'x' })
    const leave = stream.listen({ info() {}, frame() {}, interrupted() {}, closed() {} })
    leave()
  }
  const names = statistics.vhosts().map(({ name }) => name)
  assert.equal(names.length, 1000)
  assert.ok(names.includes('used') && names.includes('v1499') && !names.includes('v0'))
})

test('the rate of a client is of its last half minute, or of all its time', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] })
  let nowMs = 0
  t.mock.method(performance, 'now', () => nowMs)
  const { players, statistics } = setUp(t)
  let bytes = 0
  players.join({
    key: { vhost: 'v', app: 'live', name: 'x' },
    streamId: null,
    protocol: 'rtmp',
    client: { ip: '127.0.0.1' },
    bytes: () => bytes,
    kick() {},
  })
  const rate = (): number => {
    const [client] = statistics.clients.list()
    assert.ok(client)
    return Math.round(statistics.bitrateBps(client))
  }
  const seconds = (count: number, bytesPerSecond: number): void => {
    for (let i = 0; i < count; i++) {
      bytes += bytesPerSecond
      nowMs += 1000
      t.mock.timers.tick(1000)
    }
  }
  assert.equal(rate(), 0)
  seconds(10, 125)
  assert.equal(rate(), 1000)
  seconds(60, 250)
  assert.equal(rate(), 2000)
  seconds(31, 0)
  assert.equal(rate(), 0)
})
