import assert from 'node:assert/strict'
import test from 'node:test'

import { silentLogger } from '@millrace/core'

import { Drain } from './drain.ts'

function setUp(deadlineMs = 600_000) {
  const calls: string[] = []
  const emptied = Promise.withResolvers<void>()
  const drain = new Drain({
    refuse: (draining) => void calls.push(draining ? 'refuse' : 'admit'),
    handOver: async () => void calls.push('hand over'),
    takeBack: () => void calls.push('take back'),
    empty: () => emptied.resolve(),
    deadlineMs,
    logger: silentLogger,
  })
  return { calls, drain, emptied: emptied.promise }
}

test('draining refuses newcomers and hands work over, once', async () => {
  const { calls, drain } = setUp()
  await drain.begin()
  await drain.begin()
  assert.deepEqual(calls, ['refuse', 'hand over'])
  drain.end()
  drain.end()
  assert.deepEqual(calls, ['refuse', 'hand over', 'admit', 'take back'])
  drain.close()
})

test('whoever is left at the deadline is disconnected', async () => {
  const { drain, emptied } = setUp(0)
  const alive = setInterval(() => {}, 1000)
  await drain.begin()
  await emptied
  clearInterval(alive)
})
