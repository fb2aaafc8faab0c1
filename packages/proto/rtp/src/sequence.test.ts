import assert from 'node:assert/strict'
import test from 'node:test'

import { Random } from '@millrace/testkit'

import { SequenceUnwrapper, TimestampUnwrapper, unwrapSequence } from './sequence.ts'

const START = 2 * 65_536

test('sequence numbers are counted on over wraps', () => {
  const unwrapper = new SequenceUnwrapper()
  assert.equal(unwrapper.highest, -1)
  assert.deepEqual(
    [65_534, 65_535, 0, 2, 1, 65_535].map((n) => unwrapper.unwrap(n) - START),
    [65_534, 65_535, 65_536, 65_538, 65_537, 65_535],
  )
  assert.equal(unwrapper.highest, START + 65_538)
})

test('a packet from before the first one is over one wrap, not below zero', () => {
  const unwrapper = new SequenceUnwrapper()
  assert.equal(unwrapper.unwrap(0), START)
  assert.equal(unwrapper.unwrap(65_535), START - 1)
  assert.equal(unwrapper.unwrap(32_768), START - 32_768)
  assert.equal(unwrapper.highest, START)
})

test('late packets do not draw the count back', () => {
  const unwrapper = new SequenceUnwrapper()
  unwrapper.unwrap(100)
  // each is within half a range of the highest, but not of the late one before it
  assert.equal(unwrapper.unwrap(40_000), START - 65_536 + 40_000)
  assert.equal(unwrapper.unwrap(32_000), START + 32_000)
})

test('many wraps with loss, bursts of loss and reordering', () => {
  const random = new Random(7)
  const unwrapper = new SequenceUnwrapper()
  let sent = START + 65_000
  unwrapper.unwrap(sent & 0xffff)
  for (let i = 0; i < 100_000; i++) {
    sent += random.int(1000) === 0 ? random.int(20_000) : 1
    const arrives = Math.max(START, sent - random.int(50))
    assert.equal(unwrapper.unwrap(arrives & 0xffff), arrives)
  }
  assert.ok(sent > 10 * 65_536)
})

test('a number is unwrapped next to a reference', () => {
  assert.equal(unwrapSequence(65_535, 10 * 65_536), 10 * 65_536 - 1)
  assert.equal(unwrapSequence(1, 10 * 65_536 - 1), 10 * 65_536 + 1)
  assert.equal(unwrapSequence(5, 2 ** 45 + 4), 2 ** 45 + 5)
})

test('timestamps are counted on over wraps', () => {
  const start = 2 * 2 ** 32
  const unwrapper = new TimestampUnwrapper()
  assert.equal(unwrapper.highest, -1)
  const stamps = [2 ** 32 - 3000, 0, 2 ** 32 - 1, 6000, 2 ** 31]
  assert.deepEqual(
    stamps.map((stamp) => unwrapper.unwrap(stamp) - start),
    [2 ** 32 - 3000, 2 ** 32, 2 ** 32 - 1, 2 ** 32 + 6000, 2 ** 32 + 2 ** 31],
  )
  assert.equal(unwrapper.highest, start + 2 ** 32 + 2 ** 31)
})
