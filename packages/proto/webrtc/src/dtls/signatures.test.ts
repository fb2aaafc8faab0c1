import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, sign } from 'node:crypto'
import test from 'node:test'

import { selfSigned } from './self-signed.ts'
import { publicKeyOf, verifySignature } from './signatures.ts'

const DATA = Buffer.from('what is signed')
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

test('ECDSA and RSA of both paddings, with SHA-256 and SHA-384, are told from forgeries', () => {
  for (const [scheme, hash, keys, options] of [
    [0x0403, 'sha256', ec, {}],
    [0x0503, 'sha384', ec, {}],
    [0x0401, 'sha256', rsa, {}],
    [0x0501, 'sha384', rsa, {}],
    [0x0804, 'sha256', rsa, pss],
    [0x0805, 'sha384', rsa, pss],
  ] as const) {
    const bytes = sign(hash, DATA, { key: keys.privateKey, ...options })
    verifySignature(DATA, { scheme, bytes }, keys.publicKey)
    const refused = { code: 'DTLS_HANDSHAKE', message: /bad signature/ }
    const other = Buffer.from('what is not')
    assert.throws(() => verifySignature(other, { scheme, bytes }, keys.publicKey), refused)
    assert.throws(() => verifySignature(DATA, { scheme, bytes: bytes.subarray(1) }, keys.publicKey), refused)
    assert.throws(() => verifySignature(DATA, { scheme, bytes: new Uint8Array() }, keys.publicKey), refused)
  }
})

test('a signature of a kind that was not asked for, or of another key type, is refused', () => {
  for (const [scheme, key] of [
    [0x0203, ec.publicKey],
    [0x0000, ec.publicKey],
    [0x0403, rsa.publicKey],
    [0x0804, ec.publicKey],
  ] as const) {
    const attempt = (): void => verifySignature(DATA, { scheme, bytes: new Uint8Array(70) }, key)
    assert.throws(attempt, { code: 'DTLS_HANDSHAKE', message: /not asked for/ })
  }
})

test('a certificate that is cut or changed gives a key or a clear error', () => {
  const { certificate } = selfSigned()
  assert.equal(publicKeyOf(certificate).asymmetricKeyType, 'ec')
  for (let length = 0; length < certificate.length; length++) {
    assert.throws(() => publicKeyOf(certificate.subarray(0, length)), { code: 'DTLS_HANDSHAKE' })
  }
})
