import assert from 'node:assert/strict'
import { createHash, createSecretKey } from 'node:crypto'
import test from 'node:test'

import { ProtocolError } from '@millrace/core'
import { mutations, onlyCoded } from '@millrace/testkit'

import { type StunMessage, stunKey } from './message.ts'
import { readStun, verifyIntegrity } from './read-stun.ts'
import { writeStun } from './write-stun.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))

/** RFC 5769 §2.1 to §2.3, whose password is `VOkJxbRl1RmTxUk/WvJxBt`. */
const REQUEST = hex(`
  00010058 2112a442 b7e7a701 bc34d686 fa87dfae
  80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff  80290008 932ff9b1 51263b36
  00060009 6576746a 3a683676 59202020
  00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
  80280004 e57a3bcf`)
const IPV4_RESPONSE = hex(`
  0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220  00200008 0001a147 e112a643
  00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
  80280004 c07d4c96`)
const IPV6_RESPONSE = hex(`
  01010048 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
  00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
  80280004 c8fb0b4c`)
const KEY = stunKey('VOkJxbRl1RmTxUk/WvJxBt')

/** RFC 5769 §2.4. */
const LONG_TERM_REQUEST = hex(`
  00010060 2112a442 78ad3433 c6ad72c0 29da412e
  00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
  0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341
  0014000b 6578616d 706c652e 6f726700
  00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666`)

test('the request of RFC 5769 is read and its integrity verified', () => {
  const message = readStun(REQUEST)
  assert.deepEqual(message, {
    class: 'request',
    method: 1,
    transactionId: hex('b7e7a701bc34d686fa87dfae'),
    username: 'evtj:h6vY',
    priority: 0x6e0001ff,
    useCandidate: false,
    iceRole: 'controlled',
    mappedAddress: null,
    error: null,
    integrityOffset: 76,
    hasFingerprint: true,
    unknown: [],
  } satisfies StunMessage)
  assert.ok(verifyIntegrity(REQUEST, message, KEY))
  assert.ok(!verifyIntegrity(REQUEST, message, stunKey('VOkJxbRl1RmTxUk/WvJxBT')))
})

for (const { name, bytes, ip } of [
  { name: 'IPv4', bytes: IPV4_RESPONSE, ip: '192.0.2.1' },
  { name: 'IPv6', bytes: IPV6_RESPONSE, ip: '2001:db8:1234:5678:11:2233:4455:6677' },
]) {
  test(`the ${name} response of RFC 5769 is read and its integrity verified`, () => {
    const message = readStun(bytes)
    assert.equal(message.class, 'success')
    assert.deepEqual(message.mappedAddress, { ip, port: 32_853 })
    assert.ok(message.hasFingerprint)
    assert.ok(verifyIntegrity(bytes, message, KEY))
  })
}

test('the request with long-term credentials of RFC 5769 is read and its integrity verified', () => {
  const message = readStun(LONG_TERM_REQUEST)
  assert.equal(message.username, 'マトリックス')
  assert.ok(!message.hasFingerprint)
  const key = createHash('md5').update('マトリックス:example.org:TheMatrIX').digest()
  assert.ok(verifyIntegrity(LONG_TERM_REQUEST, message, createSecretKey(key)))
})

test('what is written is read', () => {
  const transactionId = hex('0102030405060708090a0b0c')
  const fields = { transactionId, username: 'local:remote', priority: 0xfedcba98, useCandidate: true } as const
  const request = writeStun({ ...fields, class: 'request', iceRole: 'controlling' }, KEY)
  const read = readStun(request)
  assert.deepEqual(
    [read.class, read.username, read.priority, read.useCandidate, read.iceRole, read.hasFingerprint],
    ['request', 'local:remote', 0xfedcba98, true, 'controlling', true],
  )
  assert.deepEqual(read.transactionId, transactionId)
  assert.ok(verifyIntegrity(request, read, KEY))
  const error = { code: 420, reason: 'Unknown Attribute' }
  const refused = readStun(writeStun({ class: 'error', transactionId, error, unknown: [0x30, 0x31] }, null))
  assert.deepEqual([refused.class, refused.error, refused.integrityOffset], ['error', error, null])
})

for (const [ip, written] of [
  ['192.0.2.9', '192.0.2.9'],
  ['::ffff:192.0.2.9', '192.0.2.9'],
  ['2001:db8::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
] as const) {
  test(`XOR-MAPPED-ADDRESS carries ${ip}`, () => {
    const transactionId = hex('0102030405060708090a0b0c')
    const response = writeStun({ class: 'success', transactionId, mappedAddress: { ip, port: 54_321 } }, KEY)
    assert.deepEqual(readStun(response).mappedAddress, { ip: written, port: 54_321 })
  })
}

test('attributes that must be understood are told', () => {
  const bytes = hex('0001000c 2112a442 0102030405060708090a0b0c 00300004 00000000 80310000')
  assert.deepEqual(readStun(bytes).unknown, [0x30])
})

test('what follows MESSAGE-INTEGRITY is not believed', () => {
  const request = writeStun({ class: 'request', transactionId: new Uint8Array(12), username: 'a:b' }, KEY)
  // USE-CANDIDATE in the place of FINGERPRINT, which somebody on the way may put there
  const forged = Uint8Array.from([...request.subarray(0, -8), 0, 0x25, 0, 0])
  new DataView(forged.buffer).setUint16(2, forged.length - 20)
  const message = readStun(forged)
  assert.ok(verifyIntegrity(forged, message, KEY))
  assert.equal(message.useCandidate, false)
})

for (const [name, bytes] of [
  ['a wrong FINGERPRINT', Uint8Array.from(REQUEST, (byte, i) => (i === 30 ? byte ^ 1 : byte))],
  ['a length that is not that of the datagram', Uint8Array.from([...REQUEST, 0, 0, 0, 0])],
  ['an attribute past the end', hex('00010004 2112a442 0102030405060708090a0b0c 00060009')],
  ['an XOR-MAPPED-ADDRESS of no family', hex('0101000c 2112a442 0102030405060708090a0b0c 00200008 0003a147 e112a643')],
  ['no magic cookie', hex('00010000 2112a443 0102030405060708090a0b0c')],
  ['more attributes than anybody needs', hex(`00010084 2112a442 0102030405060708090a0b0c ${'80300000'.repeat(33)}`)],
  ['a message of many kilobytes', new Uint8Array(4096)],
] as const) {
  test(`${name} is refused`, () => {
    assert.throws(() => readStun(bytes), ProtocolError)
  })
}

test('no datagram makes it throw anything else, or be taken for authenticated', () => {
  const samples = [REQUEST, IPV4_RESPONSE, IPV6_RESPONSE, LONG_TERM_REQUEST]
  for (const sample of samples) {
    for (let end = 0; end < sample.length; end++) {
      assert.ok(onlyCoded(() => readStun(sample.subarray(0, end))) instanceof ProtocolError)
    }
    for (const mutant of mutations(sample, 5000)) {
      const error = onlyCoded(() => {
        const message = readStun(mutant)
        const integrityEnd = (message.integrityOffset ?? 0) + 24
        const isCovered = Buffer.compare(mutant.subarray(4, integrityEnd), sample.subarray(4, integrityEnd)) !== 0
        assert.ok(!isCovered || !verifyIntegrity(mutant, message, KEY))
      })
      assert.ok(error === undefined || error instanceof ProtocolError)
    }
  }
})
