import assert from 'node:assert/strict'
import test from 'node:test'

import type { AdmitAnswer } from '@millrace/contracts'
import { CodedError, silentLogger } from '@millrace/core'

import type { AdmissionRequest } from './admission.ts'
import { ControlledAdmission } from './controlled-admission.ts'

const NODE = 'node_01jd8y4v5xk3q9m2w7r6t0abcd'
const STREAM = 'str_01jd8y4v5xk3q9m2w7r6t0abcd'

const request = (change: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  action: 'publish',
  protocol: 'rtmp',
  vhost: 'localhost',
  app: 'live',
  stream: 'x',
  params: {},
  client: { ip: '127.0.0.1' },
  ...change,
})

const allowed: AdmitAnswer = {
  allow: true,
  vhost: '__defaultVhost__',
  app: 'live',
  stream: 'x',
  stream_id: STREAM,
  key_id: null,
  ttl_s: 10,
}
const denied: AdmitAnswer = { allow: false, code: 'KEY_INVALID', reason: 'this key does not fit the stream', ttl_s: 5 }

/** A control plane whose answer the test sets. */
function setUp(answer: AdmitAnswer | CodedError) {
  const state = { answer, asked: 0, nowMs: 0, nodeId: NODE as string | undefined }
  const admission = new ControlledAdmission({
    control: {
      async post() {
        state.asked++
        await Promise.resolve()
        if (state.answer instanceof CodedError) throw state.answer
        return state.answer
      },
    },
    nodeId: () => state.nodeId,
    nowMs: () => state.nowMs,
    logger: silentLogger,
  })
  return { state, admission }
}

const unreachable = new CodedError('CONTROL_UNREACHABLE', 'down')

test('a grant is asked for once while it is fresh, whoever asks', async () => {
  const { state, admission } = setUp(allowed)
  await Promise.all([admission.admit(request()), admission.admit(request({ client: { ip: '10.0.0.9' } }))])
  state.nowMs = 9_999
  const grant = await admission.admit(request())
  assert.equal(state.asked, 1)
  assert.deepEqual(grant, {
    key: { vhost: '__defaultVhost__', app: 'live', name: 'x' },
    streamId: STREAM,
    keyId: null,
    epoch: null,
    archive: null,
  })
  state.nowMs = 10_001
  await admission.admit(request())
  assert.equal(state.asked, 2)
})

test('different parameters are different questions', async () => {
  const { state, admission } = setUp(allowed)
  await admission.admit(request({ params: { key: 'a' } }))
  await admission.admit(request({ params: { key: 'b' } }))
  assert.equal(state.asked, 2)
})

test('a refusal carries its code and reason, and is cached too', async () => {
  const { state, admission } = setUp(denied)
  for (let i = 0; i < 3; i++)
    await assert.rejects(admission.admit(request()), {
      code: 'KEY_INVALID',
      message: 'this key does not fit the stream',
    })
  assert.equal(state.asked, 1)
})

test('while the control plane is away, what was granted stays granted and the unknown is refused', async () => {
  const { state, admission } = setUp(allowed)
  await admission.admit(request())
  state.answer = unreachable
  state.nowMs = 3_600_000
  assert.equal((await admission.admit(request())).streamId, STREAM)
  await assert.rejects(admission.admit(request({ stream: 'y' })), { code: 'ADMISSION_UNAVAILABLE' })
})

test('a stale refusal is no refusal when nobody can be asked', async () => {
  const { state, admission } = setUp(denied)
  await assert.rejects(admission.admit(request()), { code: 'KEY_INVALID' })
  state.answer = unreachable
  state.nowMs = 60_000
  await assert.rejects(admission.admit(request()), { code: 'ADMISSION_UNAVAILABLE' })
})

test('nobody is admitted before the node is registered', async () => {
  const { state, admission } = setUp(allowed)
  state.nodeId = undefined
  await assert.rejects(admission.admit(request()), { code: 'ADMISSION_UNAVAILABLE' })
  assert.equal(state.asked, 0)
})

test('what the control plane could not even read is refused here, and nobody is asked', async () => {
  const { state, admission } = setUp(allowed)
  for (const change of [{ stream: 'x'.repeat(300) }, { params: { token: 'x'.repeat(3000) } }])
    await assert.rejects(admission.admit(request(change)), { code: 'REQUEST_INVALID' })
  assert.equal(state.asked, 0)
})

test('of too many different questions at once the last are turned away, and later ones are not', async () => {
  const { state, admission } = setUp(allowed)
  const asked = Array.from({ length: 1001 }, (_, n) => admission.admit(request({ stream: `s${n}` })))
  const results = await Promise.allSettled(asked)
  assert.deepEqual(
    results.flatMap((result, n) => (result.status === 'rejected' ? [[n, result.reason.code]] : [])),
    [[1000, 'ADMISSION_UNAVAILABLE']],
  )
  await admission.admit(request({ stream: 's1000' }))
  assert.equal(state.asked, 1001)
})

test('an answer for one client is for no other, neither at the same time, nor later, nor while control is away', async () => {
  const { state, admission } = setUp({ ...allowed, per_client: true })
  const from = (ip: string) => admission.admit(request({ action: 'play', client: { ip } }))
  await Promise.all([from('10.0.0.1'), from('10.0.0.2')])
  assert.equal(state.asked, 2)
  await Promise.all([from('10.0.0.1'), from('10.0.0.2')])
  assert.equal(state.asked, 2)
  state.answer = { ...denied, per_client: true }
  await assert.rejects(from('10.0.0.3'), { code: 'KEY_INVALID' })
  await from('10.0.0.1')
  state.answer = unreachable
  state.nowMs = 60_000
  await from('10.0.0.2')
  await assert.rejects(from('10.0.0.4'), { code: 'ADMISSION_UNAVAILABLE' })
})
