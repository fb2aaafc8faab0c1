import assert from 'node:assert/strict'
import test from 'node:test'

import { backoffMs } from './backoff.ts'

test('delays double up to the longest', () => {
  const delays = [0, 1, 2, 3, 4, 100].map((attempt) => backoffMs(attempt, { baseMs: 100, maxMs: 1000, jitter: 0 }))
  assert.deepEqual(delays, [100, 200, 400, 800, 1000, 1000])
})

test('jitter stays within its fraction', () => {
  assert.equal(backoffMs(0, { baseMs: 1000, jitter: 0.1, random: () => 0 }), 900)
  assert.equal(backoffMs(0, { baseMs: 1000, jitter: 0.1, random: () => 1 }), 1100)
})
