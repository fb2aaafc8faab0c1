import assert from 'node:assert/strict'
import test from 'node:test'

import { mutations, onlyCoded } from '@millrace/testkit'

import { readRtpHeader } from './rtp-packet.ts'
import { unwrapRtx, writeRtx } from './rtx.ts'
import { bytesOf, hexOf, truncations } from './testing.ts'

const RTX = 'b0e1 0007 00000002 00000009 bede0001 10aa0000 fffe 010203 0002'

test('a retransmission becomes the packet it repeats, with its extensions and padding', () => {
  const bytes = bytesOf(RTX)
  const packet = unwrapRtx(bytes, readRtpHeader(bytes), 0xdeadbeef, 96)
  assert.ok(packet)
  assert.equal(hexOf(packet), hexOf(bytesOf('b0e0 fffe 00000002 deadbeef bede0001 10aa0000 010203 0002')))
  assert.equal(packet.buffer, bytes.buffer)
})

test('a retransmission without payload repeats nothing', () => {
  for (const hex of [
    '80e1 0007 00000002 00000009',
    '80e1 0007 00000002 00000009 00',
    'a0e1 0007 00000002 00000009 00000004',
  ]) {
    assert.equal(unwrapRtx(bytesOf(hex), readRtpHeader(bytesOf(hex)), 1, 96), undefined)
  }
})

test('written and unwrapped again, the original sequence number across a wrap', () => {
  const target = new Uint8Array(64)
  const fields = {
    marker: true,
    payloadType: 97,
    sequence: 7,
    timestamp: 2,
    ssrc: 9,
    extensions: [{ id: 1, data: bytesOf('aa') }],
  }
  const bytes = writeRtx(target, 3, fields, 65_536 + 65_535, bytesOf('010203'))
  const rtx = target.subarray(3, 3 + bytes)
  assert.equal(hexOf(rtx), hexOf(bytesOf('90e1 0007 00000002 00000009 bede0001 10aa0000 ffff 010203')))
  const packet = unwrapRtx(rtx, readRtpHeader(rtx), 5, 96)
  assert.equal(hexOf(packet ?? rtx), hexOf(bytesOf('90e0 ffff 00000002 00000005 bede0001 10aa0000 010203')))
})

test('cut short or mutated: only coded errors, and what comes out is a packet', () => {
  for (const bad of [...truncations(bytesOf(RTX)), ...mutations(bytesOf(RTX), 3000)]) {
    onlyCoded(() => {
      const header = readRtpHeader(bad)
      const packet = unwrapRtx(bad, header, 1, 96)
      if (packet) assert.equal(readRtpHeader(packet).ssrc, 1)
    })
  }
})
