import assert from 'node:assert/strict'
import test from 'node:test'

import { onlyCoded } from '@millrace/testkit'

import { bytesOf, hexOf } from '../testing.ts'
import { readRtcp, type RtcpPacket, writeRtcp } from './compound.ts'
import type { ReceiverEstimatedMaxBitrate } from './remb.ts'

const NACK = { type: 'nack', senderSsrc: 1, mediaSsrc: 2 } as const

function golden(hex: string, packet: RtcpPacket): void {
  assert.deepEqual(readRtcp(bytesOf(hex)), [packet])
  assert.equal(hexOf(writeRtcp([packet])), hexOf(bytesOf(hex)))
}

test('NACK: golden bytes', () => {
  golden('81cd0004 00000001 00000002 000a0005 03e80000', { ...NACK, sequences: [10, 11, 13, 1000] })
})

test('NACK: a mask over a wrap names small numbers, not ones over 16 bits', () => {
  golden('81cd0003 00000001 00000002 ffff0003', { ...NACK, sequences: [65_535, 0, 1] })
})

test('NACK: unwrapped numbers are sent modulo 16 bits, repeated ones once', () => {
  const sequences = [131_070, 131_070, 131_071, 131_072, 131_087]
  assert.equal(
    hexOf(writeRtcp([{ ...NACK, sequences }])),
    hexOf(bytesOf('81cd0004 00000001 00000002 fffe0003 000f0000')),
  )
})

test('NACK: a mask reaches 16 numbers far', () => {
  const all = Array.from({ length: 17 }, (_, i) => 100 + i)
  golden('81cd0003 00000001 00000002 0064ffff', { ...NACK, sequences: all })
})

test('PLI and FIR: golden bytes', () => {
  golden('81ce0002 00000001 00000002', { type: 'pli', senderSsrc: 1, mediaSsrc: 2 })
  golden('84ce0006 00000001 00000000 00000002 07000000 00000003 ff000000', {
    type: 'fir',
    senderSsrc: 1,
    requests: [
      { ssrc: 2, sequence: 7 },
      { ssrc: 3, sequence: 255 },
    ],
  })
})

test('REMB: golden bytes', () => {
  golden('8fce0006 00000001 00000000 52454d42 020f9896 00000005 00000006', {
    type: 'remb',
    senderSsrc: 1,
    bitrateBps: 0x39896 * 8,
    ssrcs: [5, 6],
  })
})

test('REMB: large bit rates keep 18 bits, absurd ones stay numbers', () => {
  const remb = (bitrateBps: number): number => {
    const packet: ReceiverEstimatedMaxBitrate = { type: 'remb', senderSsrc: 1, bitrateBps, ssrcs: [] }
    const [read] = readRtcp(writeRtcp([packet]))
    return read?.type === 'remb' ? read.bitrateBps : NaN
  }
  assert.equal(remb(0x3ffff), 0x3ffff)
  assert.equal(remb(0x40001), 0x40000)
  assert.equal(remb(-5), 0)
  assert.ok(Math.abs(remb(123_456_789_012) / 123_456_789_012 - 1) < 1e-5)
  assert.equal(remb(Number.MAX_VALUE), 0x3ffff * 2 ** 63)
  assert.equal(remb(Infinity), 0x3ffff * 2 ** 63)
})

test('REMB: application feedback of others is passed over', () => {
  assert.deepEqual(readRtcp(bytesOf('8fce0003 00000001 00000000 41424344')), [])
  assert.deepEqual(readRtcp(bytesOf('8fce0002 00000001 00000000')), [])
})

test('feedback cut in the middle of an item is refused', () => {
  for (const hex of [
    '81cd0000',
    '81ce0001 00000001',
    '84ce0003 00000001 00000000 00000002',
    '8fce0004 00000001 00000000 52454d42 010c9896',
  ]) {
    assert.equal(onlyCoded(() => readRtcp(bytesOf(hex)))?.code, 'RTCP_SHORT')
  }
})
