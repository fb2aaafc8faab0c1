import assert from 'node:assert/strict'
import test from 'node:test'

import { rescale, WrapCounter } from './time.ts'

test('rescale rounds to the nearest tick', () => {
  assert.equal(rescale(1, 1000, 90_000), 90)
  assert.equal(rescale(1023, 44_100, 1000), 23)
  assert.equal(rescale(-1023, 44_100, 1000), -23)
  assert.equal(rescale(7, 1000, 1000), 7)
})

test('a counter goes on over its wrap, forwards and back', () => {
  const counter = new WrapCounter(32)
  assert.equal(counter.unwrap(0xffff_fff0), 0xffff_fff0)
  assert.equal(counter.unwrap(0x10), 0x1_0000_0010)
  assert.equal(counter.unwrap(0xffff_fff8), 0xffff_fff8)
  assert.equal(counter.unwrap(0x20), 0x1_0000_0020)
})

test('a counter of 33 bits wraps at 33 bits', () => {
  const counter = new WrapCounter(33)
  counter.unwrap(2 ** 33 - 1)
  assert.equal(counter.unwrap(5), 2 ** 33 + 5)
})

test('a step back before the first wrap stays a step back', () => {
  const counter = new WrapCounter(32)
  counter.unwrap(1000)
  assert.equal(counter.unwrap(400), 400)
})
