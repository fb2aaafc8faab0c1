import assert from 'node:assert/strict'
import test from 'node:test'

import { storageGrantRequestSchema, type StorageGrantAnswer, type StorageGrantRequest } from '@millrace/contracts'
import { CodedError } from '@millrace/core'

import { StorageGrants } from './storage-grants.ts'
import type { TakeInfo } from './take-folder.ts'

const take = (number: number): TakeInfo => ({
  takeId: `tak_${String(number).padStart(26, '0')}`,
  streamId: 'str_01jd8y4v5xk3q9m2w7r6t0abcd',
  sessionId: 'ses_01jd8y4v5xk3q9m2w7r6t0abcd',
  storageId: 'sto_01jd8y4v5xk3q9m2w7r6t0abcd',
  epoch: 1,
  format: 'ts',
  liveWindowS: null,
  reconnectWindowMs: 0,
})

function setUp() {
  const asked: StorageGrantRequest[] = []
  let wallMs = 0
  const control = {
    refuse: '',
    async post(_path: string, body: unknown): Promise<StorageGrantAnswer> {
      const request = storageGrantRequestSchema.parse(body)
      asked.push(request)
      await new Promise(setImmediate)
      return {
        grants: request.requests.map(({ take_id, objects }) => {
          if (take_id === control.refuse) return { take_id, error_code: 'TAKE_FOREIGN' as const }
          const expires_at = new Date(wallMs + 900_000).toISOString()
          const granted = objects.map((object) => ({
            type: 'http' as const,
            ...object,
            url: 'http://x/',
            headers: {},
            expires_at,
          }))
          return { take_id, objects: granted }
        }),
      }
    },
  }
  let nodeId: string | undefined = 'node_01jd8y4v5xk3q9m2w7r6t0abcd'
  const grants = new StorageGrants({ control, nodeId: () => nodeId, wallNowMs: () => wallMs })
  return {
    asked,
    control,
    grants,
    pass: (ms: number) => (wallMs += ms),
    unregister: () => (nodeId = undefined),
  }
}

const put = (segment: number) => ({ name: `${segment}.ts`, method: 'PUT' }) as const

test('what many takes want at once is asked for together, within the bounds of a request', async () => {
  const { asked, grants } = setUp()
  await Promise.all(Array.from({ length: 120 }, (_, i) => grants.get(take(i), put(0), [put(1), put(2), put(3)])))
  assert.deepEqual(
    asked.map(({ requests }) => requests.length),
    [50, 50, 20],
  )
})

test('what was granted ahead is not asked for again, until it is used or about to end', async () => {
  const { asked, grants, pass } = setUp()
  await grants.get(take(0), put(0), [put(1), put(2)])
  await grants.get(take(0), put(1))
  await grants.get(take(0), put(2))
  assert.equal(asked.length, 1)
  grants.forget(take(0), put(1))
  await grants.get(take(0), put(1))
  assert.equal(asked.length, 2)
  pass(840_001)
  await grants.get(take(0), put(2))
  assert.equal(asked.length, 3)
})

test('a refusal is for its take alone', async () => {
  const { control, grants } = setUp()
  control.refuse = take(1).takeId
  const results = await Promise.allSettled([0, 1, 2].map((number) => grants.get(take(number), put(0))))
  assert.deepEqual(
    results.map((result) => (result.status === 'rejected' ? (result.reason as CodedError).code : result.status)),
    ['fulfilled', 'TAKE_FOREIGN', 'fulfilled'],
  )
})

test('a control plane that is away, that knows no node yet, or that answers nonsense, is told', async () => {
  const { control, grants, unregister } = setUp()
  control.post = () => Promise.reject(new CodedError('CONTROL_UNREACHABLE', 'away'))
  await assert.rejects(grants.get(take(0), put(0)), { code: 'CONTROL_UNREACHABLE' })
  control.post = () => Promise.resolve({ grants: [] })
  await assert.rejects(grants.get(take(0), put(0)), { code: 'CONTROL_REFUSED' })
  control.post = () => Promise.resolve('nonsense' as never)
  await assert.rejects(grants.get(take(0), put(0)), { code: 'CONTROL_REFUSED' })
  unregister()
  await assert.rejects(grants.get(take(0), put(0)), { code: 'CONTROL_UNREACHABLE' })
})
