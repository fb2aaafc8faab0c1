import assert from 'node:assert/strict'
import test from 'node:test'

import { parseByteRange } from './byte-range.ts'

test('one range is understood in its three forms and cut at the end', () => {
  assert.deepEqual(parseByteRange('bytes=0-', 100), { first: 0, last: 99 })
  assert.deepEqual(parseByteRange('bytes=10-19', 100), { first: 10, last: 19 })
  assert.deepEqual(parseByteRange('bytes=90-1000', 100), { first: 90, last: 99 })
  assert.deepEqual(parseByteRange('bytes=-30', 100), { first: 70, last: 99 })
  assert.deepEqual(parseByteRange('bytes=-300', 100), { first: 0, last: 99 })
})

test('a range behind the end is unsatisfiable', () => {
  for (const header of ['bytes=100-', 'bytes=100-200', 'bytes=-0'])
    assert.equal(parseByteRange(header, 100), 'unsatisfiable')
})

test('anything else means the whole', () => {
  for (const header of [undefined, '', 'bytes=-', 'bytes=5-4', 'bytes=0-1,3-4', 'items=0-1', 'bytes=a-b', 'bytes=0'])
    assert.equal(parseByteRange(header, 100), undefined)
})
