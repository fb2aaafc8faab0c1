import assert from 'node:assert/strict'
import test from 'node:test'

import { isObjectUrlSigned, objectUrlSigner } from './object-url.ts'
import { deriveKeyring, newRootSecret } from './secrets.ts'

const keyring = deriveKeyring(newRootSecret())
const url = { storageId: 'sto_1', key: 'a/b.ts', expiresS: 1000, downloadAs: 'b.ts' }

test('a signature is for one object, one moment and one name', () => {
  const signature = objectUrlSigner(keyring)(url)
  assert.ok(isObjectUrlSigned(keyring, url, signature))
  const { downloadAs: _name, ...unnamed } = url
  for (const other of [
    { ...url, storageId: 'sto_2' },
    { ...url, key: 'a/c.ts' },
    { ...url, expiresS: 1001 },
    { ...url, downloadAs: 'c.ts' },
    unnamed,
  ]) {
    assert.ok(!isObjectUrlSigned(keyring, other, signature))
  }
  assert.ok(!isObjectUrlSigned(deriveKeyring(newRootSecret()), url, signature))
  for (const wrong of ['', signature.slice(1), `${signature}x`, 'é'.repeat(43)]) {
    assert.ok(!isObjectUrlSigned(keyring, url, wrong))
  }
})
