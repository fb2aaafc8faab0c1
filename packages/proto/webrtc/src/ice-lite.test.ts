import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import test from 'node:test'

import { mutations, Random } from '@millrace/testkit'

import { IceLite, localUfrag, makeIceCredentials, type PeerAddress } from './ice-lite.ts'
import { type StunMessage, stunKey } from './stun/message.ts'
import { readStun, verifyIntegrity } from './stun/read-stun.ts'
import { type StunFields, writeStun } from './stun/write-stun.ts'

const LOCAL = { ufrag: 'ours', pwd: 'a-password-of-ours-0123' }
const HOME: PeerAddress = { ip: '192.0.2.1', port: 40_000, transport: 'udp' }
const AWAY: PeerAddress = { ip: '2001:db8::7', port: 40_001, transport: 'udp' }

const iceLite = (nowMs = 0): IceLite => new IceLite({ local: LOCAL, remoteUfrag: 'theirs', nowMs })

function check(fields: Partial<StunFields> = {}, password: string | null = LOCAL.pwd): Uint8Array {
  const transactionId = new Uint8Array(12).fill(7)
  const request = { class: 'request', transactionId, username: 'ours:theirs', iceRole: 'controlling' } as const
  return writeStun({ ...request, ...fields }, password === null ? null : stunKey(password))
}

/** The reply, which has to carry the peer's proof. */
function reply(bytes: Uint8Array | null, password = LOCAL.pwd): StunMessage {
  assert.ok(bytes)
  const message = readStun(bytes)
  assert.ok(verifyIntegrity(bytes, message, stunKey(password)))
  assert.ok(message.hasFingerprint)
  return message
}

test('a check of the peer is answered with its address, and says where its media goes', () => {
  for (const from of [HOME, AWAY]) {
    const ice = iceLite()
    const result = ice.handle(check(), from, 10)
    const message = reply(result.reply)
    assert.equal(message.class, 'success')
    assert.deepEqual(message.mappedAddress, { ip: from.ip, port: from.port })
    assert.deepEqual(message.transactionId, new Uint8Array(12).fill(7))
    assert.deepEqual([result.selected, result.authenticated, ice.selected], [from, true, from])
    assert.equal(ice.handle(check(), from, 20).selected, null)
  }
})

for (const [name, code, datagram] of [
  ['a wrong password', 401, check({}, 'another-password-0123456')],
  ['a user of another session', 401, check({ username: 'other:theirs' })],
  ['a user from another session', 401, check({ username: 'ours:other' })],
  ['the names the other way round', 401, check({ username: 'theirs:ours' })],
  ['no integrity', 400, check({}, null)],
] as const) {
  test(`a check with ${name} is refused, and does not count`, () => {
    const ice = iceLite()
    const result = ice.handle(datagram, HOME, 29_999)
    assert.ok(result.reply)
    const message = readStun(result.reply)
    assert.deepEqual([message.class, message.error?.code, message.integrityOffset], ['error', code, null])
    assert.deepEqual([result.authenticated, result.selected, ice.selected, ice.refused], [false, null, null, 1])
    assert.ok(ice.expired(30_000))
  })
}

test('a check without a user is refused', () => {
  const transactionId = new Uint8Array(12)
  const { reply: bytes } = iceLite().handle(writeStun({ class: 'request', transactionId }, stunKey(LOCAL.pwd)), HOME, 0)
  assert.equal(bytes && readStun(bytes).error?.code, 400)
})

test('a peer that takes itself for controlled is told so', () => {
  const ice = iceLite()
  const result = ice.handle(check({ iceRole: 'controlled' }), HOME, 0)
  const { class: type, error } = reply(result.reply)
  assert.deepEqual([type, error?.code, result.selected], ['error', 487, null])
})

test('a check with an attribute that must be understood and is not is refused, with its number', () => {
  const plain = check({}, null).subarray(0, -8)
  const body = Uint8Array.from([...plain, 0, 0x30, 0, 4, 1, 2, 3, 4])
  const result = iceLite().handle(sign(body), HOME, 0)
  assert.equal(reply(result.reply).error?.code, 420)
  assert.ok(result.reply && Buffer.from(result.reply).includes(Buffer.from('000a00020030', 'hex')))
  assert.equal(result.selected, null)
})

/** Puts MESSAGE-INTEGRITY behind attributes that `writeStun` doesn't know. */
function sign(body: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from([...body, 0, 8, 0, 20, ...new Uint8Array(20)])
  new DataView(bytes.buffer).setUint16(2, bytes.length - 20)
  bytes.set(createHmac('sha1', LOCAL.pwd).update(bytes.subarray(0, body.length)).digest(), body.length + 4)
  return bytes
}

test('responses and indications are not answered', () => {
  const ice = iceLite()
  for (const type of ['success', 'error', 'indication'] as const) {
    assert.deepEqual(ice.handle(check({ class: type }), HOME, 0), { reply: null, selected: null, authenticated: false })
  }
  assert.equal(ice.selected, null)
})

test('a peer moves to the address that it nominates', () => {
  const ice = iceLite()
  ice.handle(check({ useCandidate: true }), HOME, 0)
  assert.equal(ice.handle(check(), AWAY, 100).selected, null)
  assert.deepEqual(ice.selected, HOME)
  assert.deepEqual(ice.handle(check({ useCandidate: true }), AWAY, 200).selected, AWAY)
  assert.deepEqual(ice.handle(check({ useCandidate: true }), { ...AWAY, transport: 'tcp' }, 300).selected, {
    ...AWAY,
    transport: 'tcp',
  })
})

test('a peer that nominates nothing moves when nothing comes from where it was', () => {
  const ice = iceLite()
  ice.handle(check(), HOME, 0)
  ice.handle(check(), HOME, 3000)
  assert.equal(ice.handle(check(), AWAY, 7000).selected, null)
  assert.deepEqual(ice.handle(check(), AWAY, 8000).selected, AWAY)
})

test('who does not know our password moves nobody', () => {
  const ice = iceLite()
  ice.handle(check({ useCandidate: true }), HOME, 0)
  ice.handle(check({ useCandidate: true }, 'guessed-password-0123456'), AWAY, 10_000)
  assert.deepEqual(ice.selected, HOME)
})

test('consent ends some time after the last check', () => {
  const ice = new IceLite({ local: LOCAL, remoteUfrag: 'theirs', nowMs: 1000, consentTimeoutMs: 5000 })
  assert.equal(ice.deadlineMs, 6000)
  ice.handle(check(), HOME, 5000)
  assert.deepEqual([ice.expired(6000), ice.expired(9999), ice.expired(10_000)], [false, false, true])
})

test('after a restart both credentials are good until the new ones are used', () => {
  const ice = iceLite()
  const next = { ufrag: 'ours2', pwd: 'the-next-password-01234' }
  ice.handle(check({ useCandidate: true }), HOME, 0)
  ice.restart(next, 'theirs2')
  assert.ok(ice.handle(check(), HOME, 100).authenticated)
  const result = ice.handle(check({ username: 'ours2:theirs2', useCandidate: true }, next.pwd), AWAY, 200)
  assert.deepEqual([result.authenticated, result.selected], [true, AWAY])
  reply(result.reply, next.pwd)
  assert.ok(!ice.handle(check(), HOME, 300).authenticated)
  assert.ok(!ice.handle(check({ username: 'ours2:theirs2' }), HOME, 300).authenticated)
})

test('no datagram makes it throw, or counts without proof', () => {
  const ice = iceLite()
  for (const mutant of mutations(check(), 20_000)) {
    const result = ice.handle(mutant, HOME, 1)
    if (result.authenticated) assert.deepEqual(mutant.subarray(4, 64), check().subarray(4, 64))
  }
  const random = new Random(5)
  for (let i = 0; i < 5000; i++) assert.ok(!ice.handle(random.bytes(random.int(200)), AWAY, 1).authenticated)
})

test('a session is found by its part of the user, whoever sends it', () => {
  assert.equal(localUfrag(check({}, null)), 'ours')
  assert.equal(localUfrag(check({ class: 'success' })), null)
  assert.equal(localUfrag(Uint8Array.of(1, 2, 3)), null)
})

test('credentials are what SDP allows, and never the same', () => {
  const made = Array.from({ length: 100 }, () => makeIceCredentials('n1'))
  for (const { ufrag, pwd } of made) {
    assert.match(ufrag, /^n1[0-9a-z]{8}$/)
    assert.match(pwd, /^[0-9a-z]{32}$/)
  }
  assert.equal(new Set(made.flatMap(({ ufrag, pwd }) => [ufrag, pwd])).size, 200)
})
