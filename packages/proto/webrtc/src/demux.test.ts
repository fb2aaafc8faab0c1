import assert from 'node:assert/strict'
import test from 'node:test'

import { Random } from '@millrace/testkit'

import { classify } from './demux.ts'
import { writeStun } from './stun/write-stun.ts'

const packet = (length: number, ...start: number[]): Uint8Array => {
  const bytes = new Uint8Array(length)
  bytes.set(start)
  return bytes
}

for (const [kind, name, bytes] of [
  ['stun', 'a STUN message', writeStun({ class: 'request', transactionId: new Uint8Array(12) }, null)],
  ['unknown', 'a STUN message of old, without cookie', packet(20, 0, 1)],
  ['unknown', 'ZRTP', packet(40, 16)],
  ['dtls', 'a ClientHello', packet(200, 22, 0xfe, 0xff)],
  ['dtls', 'the last content type of DTLS', packet(13, 63)],
  ['unknown', 'a DTLS record without its header', packet(12, 22, 0xfe, 0xff)],
  ['unknown', 'a channel of TURN', packet(40, 0x40)],
  ['rtp', 'RTP with payload type 111 and marker', packet(12, 0x80, 0x80 | 111)],
  ['rtp', 'RTP with payload type 63', packet(12, 0x90, 63)],
  ['unknown', 'RTP without its header', packet(11, 0x80, 96)],
  ['rtcp', 'a sender report', packet(28, 0x80, 200)],
  ['rtcp', 'feedback of reduced size', packet(12, 0x81, 206)],
  ['rtcp', 'the highest type of RTCP', packet(8, 0x81, 223)],
  ['rtp', 'what is behind it', packet(12, 0x81, 224)],
  ['unknown', 'a version that RTP has not', packet(12, 0xc0, 96)],
  ['unknown', 'nothing', packet(0)],
] as const) {
  test(`${name} is ${kind}`, () => {
    assert.equal(classify(bytes), kind)
  })
}

test('any datagram is of some kind', () => {
  const random = new Random(7)
  const kinds = new Set<string>()
  for (let i = 0; i < 20_000; i++) kinds.add(classify(random.bytes(random.int(40))))
  assert.deepEqual([...kinds].sort(), ['dtls', 'rtcp', 'rtp', 'unknown'])
})
