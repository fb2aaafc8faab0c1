import assert from 'node:assert/strict'
import test from 'node:test'

import { MAX_VIEWER_CHANGES } from '@millrace/contracts'
import { FakeScheduler } from '@millrace/testkit'

import type { ReportBody } from '../node-link/reporter.ts'
import { Players, type Player } from './players.ts'
import { ViewerReports, type ViewerReportsOptions } from './viewer-reports.ts'

type Changes = Extract<ReportBody, { type: 'viewers.changed' }>

function setUp(options?: ViewerReportsOptions) {
  const players = new Players()
  const scheduler = new FakeScheduler()
  const sent: Changes[] = []
  const state = { backlog: 0 }
  const reports = new ViewerReports(
    {
      players,
      scheduler,
      reports: { report: (body) => void (body.type === 'viewers.changed' && sent.push(body)) },
      backlog: () => state.backlog,
    },
    { everyMs: 1000, ...options },
  )
  const join = (): Player =>
    players.join({
      key: { vhost: 'v', app: 'live', name: 'x' },
      streamId: null,
      protocol: 'rtmp',
      client: { ip: '127.0.0.1', userAgent: 'a'.repeat(1000) },
      bytes: () => 7,
      kick() {},
    })
  const joined = (): string[] => sent.flatMap((report) => report.joined.map(({ viewer_id: id }) => id))
  const left = (): string[] => sent.flatMap((report) => report.left.map(({ viewer_id: id }) => id))
  return { players, scheduler, sent, state, reports, join, joined, left }
}

test('who came and who went is told in batches, each once', () => {
  const { scheduler, sent, join, joined, left } = setUp()
  const a = join()
  const b = join()
  scheduler.advance(1000)
  a.leave()
  const c = join()
  scheduler.advance(1000)
  b.leave()
  a.leave()
  scheduler.advance(5000)
  assert.deepEqual(joined(), [a.id, b.id, c.id])
  assert.deepEqual(left(), [a.id, b.id])
  assert.equal(sent.length, 4)
  assert.equal(sent[0]?.joined[0]?.client.user_agent?.length, 512)
})

test('many at once are split, and nobody goes before having come', () => {
  const { scheduler, sent, join, joined, left } = setUp()
  const all = Array.from({ length: MAX_VIEWER_CHANGES * 2 + 1 }, join)
  for (const player of all) player.leave()
  scheduler.advance(1000)
  assert.equal(joined().length, all.length)
  assert.equal(left().length, all.length)
  assert.ok(
    sent.every((report) => report.joined.length <= MAX_VIEWER_CHANGES && report.left.length <= MAX_VIEWER_CHANGES),
  )
  assert.ok(
    sent.findLastIndex((report) => report.joined.length > 0) < sent.findIndex((report) => report.left.length > 0),
  )
})

test('while control is away the difference is kept, and passers-by are few', () => {
  const { scheduler, sent, state, join, joined, left } = setUp({ maxBacklog: 10, maxPassing: 3 })
  const told = join()
  scheduler.advance(1000)
  state.backlog = 10
  for (let i = 0; i < 100; i++) join().leave()
  const stays = join()
  told.leave()
  scheduler.advance(60_000)
  assert.equal(sent.length, 1)
  state.backlog = 0
  scheduler.advance(1000)
  assert.equal(joined().length, 1 + 1 + 3)
  assert.ok(joined().includes(stays.id))
  assert.equal(left().length, 1 + 3)
})

test('after control was away everybody is told of again', () => {
  const { scheduler, reports, join, joined } = setUp()
  const a = join()
  scheduler.advance(1000)
  reports.again()
  const b = join()
  reports.close()
  assert.deepEqual(joined(), [a.id, a.id, b.id])
  assert.equal(scheduler.pending, 0)
})
