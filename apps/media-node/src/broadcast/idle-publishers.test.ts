import assert from 'node:assert/strict'
import test from 'node:test'

import { silentLogger } from '@millrace/core'
import { Hub, type EndReason } from '@millrace/hub'
import { FakeScheduler } from '@millrace/testkit'

import { Players } from '../players/players.ts'
import type { Publisher } from './broadcasts.ts'
import { IdlePublishers } from './idle-publishers.ts'

/** A stream with a publisher, and how it ended. */
function setUp(limitMs: number) {
  const scheduler = new FakeScheduler()
  const players = new Players()
  const limit = { ms: limitMs }
  const idle = new IdlePublishers({ players, limitMsOf: () => limit.ms, scheduler, logger: silentLogger })
  const key = { vhost: 'v', app: 'live', name: 'x' }
  const stream = new Hub(scheduler).open(key)
  const ended = Promise.withResolvers<EndReason>()
  const reasons: EndReason[] = []
  const publication = stream.publish((reason) => {
    reasons.push(reason)
    ended.resolve(reason)
  })
  idle.began({ stream, publication, ended: ended.promise, clientId: 'abcdefgh' } as Publisher)
  const join = () =>
    players.join({ key, streamId: null, protocol: 'rtmp', client: { ip: '1.2.3.4' }, bytes: () => 0, kick() {} })
  return { scheduler, limit, idle, publication, reasons, join }
}

test('a publisher whom nobody watches for so long is ended', () => {
  const { scheduler, reasons, join } = setUp(3000)
  scheduler.advance(2900)
  const player = join()
  scheduler.advance(60_000)
  player.leave()
  scheduler.advance(2000)
  assert.deepEqual(reasons, [])
  scheduler.advance(1500)
  assert.deepEqual(reasons, ['kicked'])
  scheduler.advance(1000)
  assert.equal(scheduler.pending, 1, "only the hub's own timer is left")
})

test('without a limit it may go on; the limit of the moment counts', () => {
  const { scheduler, limit, reasons } = setUp(0)
  scheduler.advance(60_000)
  assert.deepEqual(reasons, [])
  limit.ms = 10_000
  scheduler.advance(500)
  assert.deepEqual(reasons, ['kicked'])
})

test('nobody is looked for when no publisher is there', async () => {
  const { scheduler, idle, publication, reasons } = setUp(3000)
  publication.end('publisher_closed')
  await Promise.resolve()
  scheduler.advance(30_000)
  assert.deepEqual(reasons, ['publisher_closed'])
  assert.equal(scheduler.pending, 0)
  idle.close()
})
