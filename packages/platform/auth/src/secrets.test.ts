import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'

import { mutations, onlyCoded } from '@millrace/testkit'

import {
  deriveKeyring,
  equalHashes,
  hashSecret,
  newApiToken,
  newRootSecret,
  newStreamKey,
  newWebhookSecret,
  open,
  seal,
} from './index.ts'

test('stream keys and tokens have only letters, digits and _, and at least 130 bits', () => {
  for (const make of [newStreamKey, newApiToken]) {
    const secret = make()
    assert.match(secret, /^(sk|tok)_[A-Za-z0-9]+$/)
    const random = secret.slice(secret.indexOf('_') + 1)
    assert.ok(random.length * Math.log2(62) >= 130)
    assert.notEqual(make(), secret)
  }
})

test('base62 characters are equally likely', () => {
  const counts = new Map<string, number>()
  const total = 24 * 4000
  for (let i = 0; i < 4000; i++) for (const c of newStreamKey().slice(3)) counts.set(c, (counts.get(c) ?? 0) + 1)
  assert.equal(counts.size, 62)
  const expected = total / 62
  // 62 counts with a standard deviation of about 39: 6 sigma
  for (const count of counts.values()) assert.ok(Math.abs(count - expected) < 6 * Math.sqrt(expected))
})

test('webhook secrets are whsec_ and base64 of 24 bytes', () => {
  const secret = newWebhookSecret()
  assert.equal(Buffer.from(secret.replace(/^whsec_/, ''), 'base64').length, 24)
})

test('a hash depends on the secret and on the root', () => {
  const one = deriveKeyring(newRootSecret())
  const two = deriveKeyring(newRootSecret())
  assert.equal(hashSecret(one, 'sk_a'), hashSecret(one, 'sk_a'))
  assert.notEqual(hashSecret(one, 'sk_a'), hashSecret(one, 'sk_b'))
  assert.notEqual(hashSecret(one, 'sk_a'), hashSecret(two, 'sk_a'))
  assert.notDeepEqual(one.pepper, one.sealingKey)
  assert.ok(equalHashes('abc', 'abc'))
  assert.ok(!equalHashes('abc', 'abd'))
  assert.ok(!equalHashes('abc', 'abcd'))
})

test('a root secret of the wrong length or alphabet is refused', () => {
  for (const bad of [
    '',
    'short',
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'),
    '!'.repeat(44),
  ]) {
    assert.equal(onlyCoded(() => deriveKeyring(bad))?.code, 'AUTH_ROOT_SECRET')
  }
})

test('what was sealed opens with the same keyring and context only', () => {
  const keyring = deriveKeyring(newRootSecret())
  const sealed = seal(keyring, 'whsec_ä', 'whk_1')
  assert.equal(open(keyring, sealed, 'whk_1'), 'whsec_ä')
  assert.notEqual(seal(keyring, 'whsec_ä', 'whk_1'), sealed)
  assert.equal(onlyCoded(() => open(keyring, sealed, 'whk_2'))?.code, 'AUTH_SEAL_BROKEN')
  assert.equal(onlyCoded(() => open(deriveKeyring(newRootSecret()), sealed, 'whk_1'))?.code, 'AUTH_SEAL_BROKEN')
})

test('altered or cut sealed text throws a coded error only', () => {
  const keyring = deriveKeyring(newRootSecret())
  const sealed = seal(keyring, 'secret', 'id')
  for (let length = 0; length < sealed.length; length++) {
    assert.equal(onlyCoded(() => open(keyring, sealed.slice(0, length), 'id'))?.code, 'AUTH_SEAL_BROKEN')
  }
  for (const bytes of mutations(new TextEncoder().encode(sealed), 300)) {
    const text = new TextDecoder('latin1').decode(bytes)
    const error = onlyCoded(() => assert.equal(open(keyring, text, 'id'), 'secret'))
    if (error) assert.equal(error.code, 'AUTH_SEAL_BROKEN')
  }
})
