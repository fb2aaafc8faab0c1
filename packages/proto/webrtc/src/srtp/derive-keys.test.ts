import assert from 'node:assert/strict'
import test from 'node:test'

import { deriveKeys } from './derive-keys.ts'

test('keys are those of RFC 3711 B.3', () => {
  const { rtp, rtcp } = deriveKeys(
    Buffer.from('e1f97a0d3e018be0d64fa32c06de4139', 'hex'),
    Buffer.from('0ec675ad498afeebb6960b3aabe6', 'hex'),
  )
  assert.equal(Buffer.from(rtp.key).toString('hex'), 'c61e7a93744f39ee10734afe3ff7a087')
  assert.equal(Buffer.from(rtp.salt).toString('hex'), '30cbbc08863d8c85d49db34a9ae1')
  assert.equal(Buffer.from(rtp.authKey).toString('hex'), 'cebe321f6ff7716b6fd4ab49af256a156d38baa4')
  assert.notDeepEqual(rtcp.key, rtp.key)
})
