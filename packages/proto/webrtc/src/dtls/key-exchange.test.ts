import assert from 'node:assert/strict'
import test from 'node:test'

import { Random } from '@millrace/testkit'

import { CURVE, makeKeyShare } from './key-exchange.ts'

for (const [name, curve] of Object.entries(CURVE)) {
  test(`${name}: both ends find the same secret`, () => {
    const here = makeKeyShare(curve)
    const there = makeKeyShare(curve)
    const secret = here.secretWith(there.publicKey)
    assert.equal(secret.length, 32)
    assert.deepEqual(there.secretWith(here.publicKey), secret)
  })

  test(`${name}: a key of another length, of zeros, or off the curve is refused`, () => {
    const share = makeKeyShare(curve)
    const { publicKey } = share
    const random = new Random(2)
    const unfit = [
      new Uint8Array(),
      publicKey.subarray(1),
      new Uint8Array(publicKey.length),
      random.bytes(publicKey.length + 1),
      // the point at infinity
      Uint8Array.of(0),
    ]
    // any 32 bytes but those of small order are a key of X25519
    const offCurve = Uint8Array.of(4, ...new Uint8Array(64))
    const compressed = Uint8Array.of(2, ...publicKey.subarray(1, 33))
    if (curve === CURVE.p256) unfit.push(offCurve, compressed)
    for (const key of unfit) assert.throws(() => share.secretWith(key), { code: 'DTLS_HANDSHAKE' })
  })
}
