import assert from 'node:assert/strict'
import test from 'node:test'

import { InvariantError } from './errors.ts'
import { Scope } from './scope.ts'

test('closers run in reverse order, each after the one before has ended', async () => {
  const scope = new Scope()
  const order: string[] = []
  scope.defer(() => void order.push('first'))
  scope.defer(async () => {
    await Promise.resolve()
    order.push('second')
  })
  await scope.close()
  assert.deepEqual(order, ['second', 'first'])
})

test('closing twice closes once', async () => {
  const scope = new Scope()
  let closed = 0
  scope.defer(() => void closed++)
  await Promise.all([scope.close(), scope.close()])
  assert.equal(closed, 1)
})

test('a closer that throws keeps no other from running', async () => {
  const scope = new Scope()
  let closed = false
  scope.defer(() => void (closed = true))
  scope.defer(() => {
    throw new InvariantError('TEST_FAILED', 'on purpose')
  })
  await assert.rejects(scope.close(), { code: 'TEST_FAILED' })
  assert.ok(closed)
})

test('what is deferred to a closed scope is closed at once', async () => {
  const scope = new Scope()
  await scope.close()
  let closed = false
  scope.defer(() => void (closed = true))
  assert.ok(closed)
})
