import assert from 'node:assert/strict'
import test from 'node:test'

import { bearerOf, isBearer } from './bearer.ts'

test('a bearer credential is the one word behind its scheme', () => {
  for (const good of ['Bearer abc', 'bearer  abc', 'BEARER abc']) {
    assert.equal(bearerOf(good), 'abc')
    assert.ok(isBearer(good, 'abc'))
  }
  for (const bad of [undefined, '', 'Bearer', 'Bearer ', 'Bearer a b', 'Basic abc', 'abc', 'xBearer abc']) {
    assert.equal(bearerOf(bad), undefined)
    assert.ok(!isBearer(bad, 'abc'))
  }
  for (const other of ['abd', 'ab', 'abcd', 'ABC']) assert.ok(!isBearer(`Bearer ${other}`, 'abc'))
})
