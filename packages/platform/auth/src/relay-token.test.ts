import assert from 'node:assert/strict'
import test from 'node:test'

import {
  deriveKeyring,
  newRootSecret,
  relayKeyOf,
  RELAY_TOKEN_TTL_S,
  signRelayToken,
  verifyRelayToken,
} from './index.ts'

const keyring = deriveKeyring(newRootSecret())
const key = relayKeyOf(keyring, 'node_a', 'boot-1')
const stream = { vhost: '__defaultVhost__', app: 'live', stream: 'x' }
const NOW_MS = 1_700_000_000_000

test('a relay token opens its stream to its node for its time', () => {
  const token = signRelayToken(key, { ...stream, nodeId: 'node_b' }, NOW_MS)
  assert.equal(verifyRelayToken(key, token, stream, NOW_MS), 'node_b')
  assert.equal(verifyRelayToken(key, token, stream, NOW_MS + RELAY_TOKEN_TTL_S * 1000), 'node_b')
  assert.equal(verifyRelayToken(key, token, stream, NOW_MS + (RELAY_TOKEN_TTL_S + 61) * 1000), undefined)
})

test('a relay token opens no other stream, and nothing at another node or boot', () => {
  const token = signRelayToken(key, { ...stream, nodeId: 'node_b' }, NOW_MS)
  assert.equal(verifyRelayToken(key, token, { ...stream, stream: 'y' }, NOW_MS), undefined)
  assert.equal(verifyRelayToken(relayKeyOf(keyring, 'node_a', 'boot-2'), token, stream, NOW_MS), undefined)
  assert.equal(verifyRelayToken(relayKeyOf(keyring, 'node_c', 'boot-1'), token, stream, NOW_MS), undefined)
})

test('a changed relay token is refused', () => {
  const token = signRelayToken(key, { ...stream, nodeId: 'node_b' }, NOW_MS)
  for (let at = 0; at < token.length; at++) {
    const changed = `${token.slice(0, at)}${token[at] === '1' ? '2' : '1'}${token.slice(at + 1)}`
    assert.equal(verifyRelayToken(key, changed, stream, NOW_MS), undefined)
    assert.equal(verifyRelayToken(key, token.slice(0, at), stream, NOW_MS), undefined)
  }
})
