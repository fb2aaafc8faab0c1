import assert from 'node:assert/strict'
import test from 'node:test'

import { StorageLane } from './storage-lane.ts'

const RETRY = { baseMs: 100, maxMs: 1000, jitter: 0 }
const lane = () => new StorageLane({ parallel: 8, retry: RETRY, idleMs: 20_000 })

/** How many uploads may start now. */
function startable(storage: StorageLane, nowMs: number, bytes = 1000): number {
  let started = 0
  for (; storage.nextAtMs() <= nowMs; started++) storage.started(bytes)
  return started
}

test('uploads that fail together count once, halve their number, and are left alone for a while', () => {
  const storage = lane()
  assert.equal(startable(storage, 0), 8)
  for (let i = 0; i < 8; i++) storage.failed(1000, 10)
  assert.equal(storage.failures, 1)
  assert.equal(storage.nextAtMs(), 110)
  assert.equal(startable(storage, 109), 0)
  assert.equal(startable(storage, 110), 4)
})

test('delays grow up to the longest, and what succeeds ends them', () => {
  const storage = lane()
  let nowMs = 0
  const delays: number[] = []
  for (let i = 0; i < 6; i++) {
    storage.started(1000)
    storage.failed(1000, nowMs)
    delays.push(storage.nextAtMs() - nowMs)
    nowMs = storage.nextAtMs()
  }
  assert.deepEqual(delays, [100, 200, 400, 800, 1000, 1000])
  assert.equal(startable(storage, nowMs), 1)
  storage.succeeded(1000, 10)
  assert.equal(storage.nextAtMs(), 0)
  assert.equal(startable(storage, nowMs), 2)
})

test('on 100 kbit/s segments of 500 kB get through after a few failures, and then several at a time', () => {
  const storage = lane()
  const bytes = 500_000
  const takesMs = (parallel: number): number => (parallel * bytes) / 12.5
  // it was fast before
  storage.started(bytes)
  storage.succeeded(bytes, 50)
  let nowMs = 0
  let failures = 0
  for (;;) {
    const parallel = startable(storage, nowMs, bytes)
    if (takesMs(parallel) <= storage.idleMs) {
      for (let i = 0; i < parallel; i++) storage.succeeded(bytes, takesMs(parallel))
      break
    }
    assert.ok(++failures < 5, `${failures} failures, ${parallel} at once`)
    nowMs += storage.idleMs
    for (let i = 0; i < parallel; i++) storage.failed(bytes, nowMs)
    nowMs = storage.nextAtMs()
  }
  for (let i = 0; i < 10; i++) {
    const parallel = startable(storage, nowMs, bytes)
    assert.ok(takesMs(parallel) <= storage.idleMs)
    for (let k = 0; k < parallel; k++) storage.succeeded(bytes, takesMs(parallel))
  }
})
