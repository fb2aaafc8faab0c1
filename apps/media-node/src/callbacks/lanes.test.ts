import assert from 'node:assert/strict'
import test from 'node:test'

import { Lanes } from './lanes.ts'

test('one thing after the other in a lane, whatever comes of them; lanes do not wait for each other', async () => {
  const lanes = new Lanes()
  const done: string[] = []
  const slow = Promise.withResolvers<void>()
  const first = lanes.do('a', async () => {
    await slow.promise
    done.push('a1')
    throw new Error('no')
  })
  const second = lanes.do('a', async () => void done.push('a2'))
  await lanes.do('b', async () => void done.push('b1'))
  assert.deepEqual([done, lanes.size], [['b1'], 2])
  slow.resolve()
  await assert.rejects(first, { message: 'no' })
  await second
  await lanes.empty()
  assert.deepEqual([done, lanes.size], [['b1', 'a1', 'a2'], 0])
})
