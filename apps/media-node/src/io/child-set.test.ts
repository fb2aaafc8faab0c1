import assert from 'node:assert/strict'
import test from 'node:test'

import { ChildSet, type StartChild } from './child-set.ts'

/** A set whose programs are letters, and what they did. */
function setUp() {
  const set = new ChildSet()
  const did: string[] = []
  const ending = new Map<string, () => void>()
  const start =
    (name: string): StartChild =>
    () => {
      did.push(`+${name}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      ending.set(name, resolve)
      return {
        pid: 1,
        stop() {
          did.push(`-${name}`)
          return promise
        },
      }
    }
  const update = (names: string): void => set.update(new Map(names.split('').map((name) => [name, start(name)])))
  const end = async (name: string): Promise<void> => {
    ending.get(name)?.()
    // what waits for it is at most a few promises away
    await new Promise(setImmediate)
  }
  return { set, did, update, end }
}

test('what is new begins when what is gone has ended, and the others do not notice', async () => {
  const { did, update, end } = setUp()
  update('ab')
  update('bc')
  assert.deepEqual(did, ['+a', '+b', '-a'])
  await end('a')
  assert.deepEqual(did.slice(3), ['+c'])
})

test('of changes that come while something ends the last one counts', async () => {
  const { did, update, end, set } = setUp()
  update('a')
  update('b')
  update('c')
  update('a')
  await end('a')
  assert.deepEqual(did, ['+a', '-a', '+a'])
  update('d')
  const closed = set.close()
  await end('a')
  await closed
  assert.deepEqual(did.slice(3), ['-a'])
})

test('what could not be started is not tried again before the file changes', () => {
  const set = new ChildSet()
  let tried = 0
  const none: StartChild = () => void tried++ as undefined
  set.update(new Map([['a', none]]))
  set.update(new Map([['a', none]]))
  assert.equal(tried, 1)
})
