import assert from 'node:assert/strict'
import test from 'node:test'

import { Random } from '@millrace/testkit'

import { ReplayWindow } from './replay-window.ts'

test('an index gets in once, and not when it is older than 1,024 packets', () => {
  const window = new ReplayWindow()
  window.note(5000)
  assert.equal(window.admits(5000), false)
  assert.equal(window.admits(5000 - 1023), true)
  assert.equal(window.admits(5000 - 1024), false)
  window.note(5000 - 1023)
  assert.equal(window.admits(5000 - 1023), false)
  window.note(5001)
  assert.equal(window.admits(5000), false)
  assert.equal(window.admits(5000 - 1022), true)
})

test('a window says what a list of all packets says, also across jumps and wraps of the sequence number', () => {
  const random = new Random(3)
  const window = new ReplayWindow()
  const noted = new Set<number>()
  let highest = -1
  for (let i = 0; i < 20_000; i++) {
    const jump = random.int(200) === 0 ? random.int(5000) : random.int(8)
    const index = Math.max(0, highest + jump - random.int(1200) * random.int(2))
    const expected = index > highest || (highest - index < 1024 && !noted.has(index))
    assert.equal(window.admits(index), expected, `${index} after ${highest}`)
    if (!expected) continue
    window.note(index)
    noted.add(index)
    highest = Math.max(highest, index)
  }
  assert.equal(window.highest, highest)
})
