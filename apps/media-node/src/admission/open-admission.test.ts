import assert from 'node:assert/strict'
import test from 'node:test'

import type { AdmissionRequest } from './admission.ts'
import { openAdmission } from './open-admission.ts'

const request = (change: Partial<AdmissionRequest>): AdmissionRequest => ({
  action: 'play',
  protocol: 'http-flv',
  vhost: 'a.example',
  app: 'live',
  stream: 'x',
  params: {},
  client: { ip: '127.0.0.1' },
  ...change,
})

const vhostOf = async (vhost: string, params: Record<string, string> = {}): Promise<string> =>
  (await openAdmission.admit(request({ vhost, params }))).key.vhost

test('a host name stands for the default vhost, a parameter names one, in whatever case', async () => {
  assert.equal(await vhostOf('a.example'), '__defaultVhost__')
  assert.equal(await vhostOf('B.example', { vhost: 'B.example' }), 'b.example')
  assert.equal(await vhostOf('b.example', { domain: 'b.example' }), 'b.example')
  assert.equal(await vhostOf('__defaultVhost__', { vhost: '__defaultVhost__' }), '__defaultVhost__')
})

test('what can be no vhost is none: it must not stand for the names of others', async () => {
  for (const vhost of ['a/live', '..', 'x'.repeat(300), 'a b', '\0'])
    assert.equal(await vhostOf(vhost, { vhost }), '__defaultVhost__')
})

test('names that no stream may have are refused', async () => {
  for (const change of [{ app: '' }, { app: 'a//b' }, { stream: '..' }, { stream: 'a/b' }, { stream: 'a\0' }])
    await assert.rejects(openAdmission.admit(request(change)), { code: 'STREAM_NAME_INVALID' })
})
