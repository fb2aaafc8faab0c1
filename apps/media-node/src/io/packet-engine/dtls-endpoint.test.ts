import assert from 'node:assert/strict'
import test, { after } from 'node:test'

import type { DtlsConnected, DtlsEndpoint } from '@millrace/webrtc'

import { openOpensslEngine } from './openssl.ts'

const engine = await openOpensslEngine()
const other = await openOpensslEngine()
after(() => {
  engine.close()
  other.close()
})

function pump(from: DtlsEndpoint, to: DtlsEndpoint, events: DtlsConnected[]): boolean {
  let moved = false
  for (let output = from.poll(); output; output = from.poll()) {
    moved = true
    if (output.type === 'send') to.receive(output.data, performance.now())
    else if (output.type === 'event') events.push(output.event)
  }
  return moved
}

test('two endpoints agree on keys', () => {
  const client = engine.openDtls({ role: 'client', remoteFingerprints: [other.fingerprint] })
  const server = other.openDtls({ role: 'server', remoteFingerprints: [engine.fingerprint] })
  const a: DtlsConnected[] = []
  const b: DtlsConnected[] = []
  client.tick(performance.now())
  while (pump(client, server, a) || pump(server, client, b));
  assert.equal(a.length, 1)
  assert.equal(b.length, 1)
  assert.deepEqual(a[0]?.keys.localKey, b[0]?.keys.remoteKey)
  assert.equal(a[0]?.keys.profile, 'SRTP_AEAD_AES_128_GCM')
  client.close(null)
  server.close(null)
})
