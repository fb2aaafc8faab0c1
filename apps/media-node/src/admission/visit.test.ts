import assert from 'node:assert/strict'
import test from 'node:test'

import { Visit } from './visit.ts'

test('tasks run once when it is over, in order; who comes later is told at once', () => {
  const visit = new Visit()
  const told: number[] = []
  visit.whenOver(() => told.push(1))
  visit.whenOver(() => told.push(2))
  assert.equal(visit.over, false)
  assert.equal(told.length, 0)
  visit.end()
  visit.end()
  visit.whenOver(() => told.push(3))
  assert.equal(visit.over, true)
  assert.deepEqual(told, [1, 2, 3])
})
