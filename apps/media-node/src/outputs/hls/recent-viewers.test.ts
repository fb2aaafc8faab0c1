import assert from 'node:assert/strict'
import test from 'node:test'

import { RecentViewers } from './recent-viewers.ts'

test('a viewer counts for as long as requests keep coming', () => {
  const viewers = new RecentViewers()
  viewers.seen('a', 0)
  viewers.seen('b', 0)
  viewers.seen('a', 5000)
  assert.equal(viewers.count(0), 2)
  assert.equal(viewers.count(1), 1)
  assert.equal(viewers.count(5001), 0)
})

test('more viewers than can be remembered are not counted', () => {
  const viewers = new RecentViewers()
  for (let i = 0; i < 100_010; i++) viewers.seen(String(i), i)
  assert.equal(viewers.count(0), 100_000)
})
