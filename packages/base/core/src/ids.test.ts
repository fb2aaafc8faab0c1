import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'

import { sortableId } from './ids.ts'

test('an id is its prefix and 26 characters', () => {
  assert.match(sortableId('str', 1_795_380_000_000, randomBytes(10)), /^str_[0-9a-hjkmnp-tv-z]{26}$/)
})

test('ids sort by time', () => {
  const ids = [1, 2, 1000, 1_795_380_000_000].map((wallMs) => sortableId('x', wallMs, new Uint8Array(10).fill(255)))
  assert.deepEqual(ids.toSorted(), ids)
})

test('every random bit counts', () => {
  const base = sortableId('x', 0, new Uint8Array(10))
  for (let bit = 0; bit < 80; bit++) {
    const random = new Uint8Array(10)
    random[bit >> 3] = 1 << (bit & 7)
    assert.notEqual(sortableId('x', 0, random), base)
  }
})
