import assert from 'node:assert/strict'
import test from 'node:test'

import { connectArgs, isLoop } from './identity.ts'

test('who a stream has passed through is told from node to node, and known by each of them', () => {
  const atB = connectArgs('a', null)
  assert.equal(atB['srs_id'], 'a')
  const atC = connectArgs('b', atB)
  assert.deepEqual(
    ['a', 'b', 'c'].map((id) => isLoop(id, atC)),
    [true, true, false],
  )
})

test('a way that is too long counts as a loop, however it is written', () => {
  let args = connectArgs('0', null)
  for (let i = 1; i < 16; i++) args = connectArgs(String(i), args)
  assert.ok(isLoop('other', args))
  assert.ok(isLoop('other', { millrace_via: 'x '.repeat(1e6) }))
})

test('clients that say nothing, or something else, are no loop', () => {
  for (const args of [null, undefined, {}, { millrace_via: 1 }, { millrace_via: '' }]) assert.ok(!isLoop('', args))
})
