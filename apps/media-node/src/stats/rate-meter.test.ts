import assert from 'node:assert/strict'
import test from 'node:test'

import { RateMeter } from './rate-meter.ts'

test('there is no rate before two samples, nor within no time', () => {
  const meter = new RateMeter()
  assert.equal(meter.perSecond, 0)
  meter.sample(1000, 5)
  assert.equal(meter.perSecond, 0)
  meter.sample(2000, 5)
  assert.equal(meter.perSecond, 0)
})

test('the rate is the mean of the last 30 s', () => {
  const meter = new RateMeter()
  for (let second = 0; second <= 60; second += 5) meter.sample(second <= 30 ? 0 : (second - 30) * 100, second * 1000)
  assert.equal(meter.perSecond, 100)
  for (let second = 65; second <= 90; second += 5) meter.sample(3000, second * 1000)
  assert.equal(meter.perSecond, 0)
})
