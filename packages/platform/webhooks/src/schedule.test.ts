import assert from 'node:assert/strict'
import test from 'node:test'

import { DEFAULT_SCHEDULE_MS, retryAfterMs, retryDelayMs } from './schedule.ts'

const scheduleMs = DEFAULT_SCHEDULE_MS

test('eleven attempts over a bit more than three days', () => {
  assert.equal(scheduleMs.length, 11)
  const total = scheduleMs.reduce((sum, ms) => sum + ms, 0)
  assert.ok(total > 3 * 86_400_000 && total < 4 * 86_400_000)
  assert.equal(retryDelayMs(11, 0, { scheduleMs }), undefined)
})

test('delays vary by ten percent', () => {
  assert.equal(retryDelayMs(1, 0, { scheduleMs, random: () => 0 }), 4500)
  assert.equal(retryDelayMs(1, 0, { scheduleMs, random: () => 0.5 }), 5000)
  assert.equal(retryDelayMs(10, 0, { scheduleMs, random: () => 0.999999999 }), 95_040_000)
})

test('never sooner than the receiver asked, at most a day', () => {
  const options = { scheduleMs, random: () => 0.5 }
  assert.equal(retryDelayMs(1, 60_000, options), 60_000)
  assert.equal(retryDelayMs(2, 1000, options), 30_000)
  assert.equal(retryDelayMs(1, 1e12, options), 86_400_000)
})

test('reads Retry-After as seconds or a date', () => {
  const wallMs = Date.parse('2026-11-22T10:00:00Z')
  assert.equal(retryAfterMs('120', wallMs), 120_000)
  assert.equal(retryAfterMs(' 7 ', wallMs), 7000)
  assert.equal(retryAfterMs('Sun, 22 Nov 2026 10:01:00 GMT', wallMs), 60_000)
  assert.equal(retryAfterMs('Sun, 22 Nov 2026 09:00:00 GMT', wallMs), 0)
  for (const header of [undefined, '', '-5', '1.5', 'soon', '99999999999999']) {
    assert.equal(retryAfterMs(header, wallMs), 0, String(header))
  }
})
