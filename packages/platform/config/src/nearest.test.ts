import assert from 'node:assert/strict'
import test from 'node:test'

import { editDistance, nearest } from './nearest.ts'

test('the distance counts letters changed, added, removed and swapped', () => {
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('listen', 'listen'), 0)
  assert.equal(editDistance('lsiten', 'listen'), 1)
  assert.equal(editDistance('kitten', 'sitting'), 3)
})

test('the nearest name is near, or none', () => {
  assert.equal(nearest('hls_fragmnt', ['hls_window', 'hls_fragment']), 'hls_fragment')
  assert.equal(nearest('zzz', ['listen', 'pid']), undefined)
  assert.equal(nearest('x'.repeat(1_000_000), ['listen']), undefined)
})
