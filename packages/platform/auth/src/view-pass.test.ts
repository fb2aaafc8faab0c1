import assert from 'node:assert/strict'
import test from 'node:test'

import { deriveKeyring, newRootSecret, signViewPass, verifyViewPass } from './index.ts'

const NOW_S = 1_800_000_000
const keyring = deriveKeyring(newRootSecret())

test('a pass opens what it is for until it ends, and nothing else', () => {
  const pass = signViewPass(keyring, 'rec_1', NOW_S + 60.5)
  assert.equal(verifyViewPass(keyring, 'rec_1', pass, NOW_S), NOW_S + 60)
  assert.equal(verifyViewPass(keyring, 'rec_1', pass, NOW_S + 60), undefined)
  assert.equal(verifyViewPass(keyring, 'rec_2', pass, NOW_S), undefined)
  assert.equal(verifyViewPass(deriveKeyring(newRootSecret()), 'rec_1', pass, NOW_S), undefined)
})

test('a pass that was changed, or is none, is refused', () => {
  const pass = signViewPass(keyring, 'rec_1', NOW_S + 60)
  const later = pass.replace(/^\d+/, String(NOW_S + 1000))
  for (const bad of ['', '.', later, pass.slice(0, -1), `${pass}A`, ` ${pass}`, `${pass}\n`, `-${pass}`]) {
    assert.equal(verifyViewPass(keyring, 'rec_1', bad, NOW_S), undefined, bad)
  }
})
