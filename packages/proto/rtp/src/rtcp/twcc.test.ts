import assert from 'node:assert/strict'
import test from 'node:test'

import { onlyCoded, Random } from '@millrace/testkit'

import { bytesOf, hexOf } from '../testing.ts'
import { readRtcp, writeRtcp } from './compound.ts'
import type { TransportFeedback } from './twcc.ts'

const FEEDBACK = { type: 'twcc', senderSsrc: 1, mediaSsrc: 2, referenceTime: 0x0a_0b0c, feedbackCount: 9 } as const

const feedback = (arrivals: readonly (number | null)[], baseSequence = 10): TransportFeedback => ({
  ...FEEDBACK,
  baseSequence,
  arrivals,
})

function golden(hex: string, packet: TransportFeedback): void {
  assert.deepEqual(readRtcp(bytesOf(hex)), [packet])
  assert.equal(hexOf(writeRtcp([packet])), hexOf(bytesOf(hex)))
}

const HEAD = '00000001 00000002 000a'

test('a run of packets that arrived: golden bytes', () => {
  golden(`8fcd0006 ${HEAD} 0003 0a0b0c 09 2003 04 01 00 000000`, feedback([1000, 1250, 1250]))
})

test('single bits for what arrived and what not: golden bytes', () => {
  golden(`8fcd0006 ${HEAD} 0005 0a0b0c 09 b400 04 04 04 000000`, feedback([1000, 2000, null, 3000, null]))
})

test('two bits where an arrival is late or out of order: golden bytes', () => {
  golden(`8fcd0006 ${HEAD} 0004 0a0b0c 09 d880 04 0400 fffe 00`, feedback([1000, 257_000, null, 256_500]))
})

test('long runs of loss between arrivals: golden bytes', () => {
  const lost: null[] = Array.from({ length: 10_000 }, () => null)
  const packet = feedback([0, ...lost.slice(0, 8000), 250], 65_000)
  golden('8fcd0006 00000001 00000002 fde8 1f42 0a0b0c 09 a000 1f33 2001 00 01', packet)
})

test('feedback on no packet', () => {
  golden(`8fcd0004 ${HEAD} 0000 0a0b0c 09`, feedback([]))
})

test('arrivals of all kinds survive, around the wrap of the sequence number', () => {
  const random = new Random(3)
  for (let round = 0; round < 300; round++) {
    let ticks = random.int(256)
    const arrivals = Array.from({ length: 1 + random.int(300) }, () => {
      if (random.int(1 + (round % 5)) > 0) return null
      ticks += random.int(20) === 0 ? random.int(60_000) - 30_000 : random.int(200)
      return ticks * 250
    })
    const packet = feedback(arrivals, (65_500 + round) & 0xffff)
    assert.deepEqual(readRtcp(writeRtcp([packet])), [packet])
  }
})

test('arrivals are rounded to ticks without drifting', () => {
  const arrivals = Array.from({ length: 50 }, (_, i) => i * 1100)
  const [read] = readRtcp(writeRtcp([feedback(arrivals)]))
  assert.ok(read?.type === 'twcc')
  for (const [i, arrivalUs] of arrivals.entries()) assert.ok(Math.abs((read.arrivals[i] ?? NaN) - arrivalUs) <= 125)
})

test('chunks beyond the last packet are passed over, the last one counts as far as it is meant', () => {
  // a run of 100 for three packets
  assert.deepEqual(readRtcp(bytesOf(`8fcd0006 ${HEAD} 0003 0a0b0c 09 2064 04 01 00 000000`)), [
    feedback([1000, 1250, 1250]),
  ])
})

test('few bytes that tell of very many packets are refused', () => {
  const runs = '1fff'.repeat(8)
  const code = (limit?: number): string | undefined =>
    onlyCoded(() =>
      readRtcp(bytesOf(`8fcd0008 ${HEAD} fff8 0a0b0c 09 ${runs}`), limit === undefined ? {} : { maxStatuses: limit }),
    )?.code
  assert.equal(code(), 'RTCP_TWCC')
  assert.equal(code(65_535), undefined)
})

test('reserved statuses, and chunks or deltas that are missing, are refused', () => {
  const code = (hex: string): string | undefined => onlyCoded(() => readRtcp(bytesOf(hex)))?.code
  assert.equal(code(`8fcd0005 ${HEAD} 0001 0a0b0c 09 6001 0000`), 'RTCP_TWCC')
  assert.equal(code(`8fcd0004 ${HEAD} 0001 0a0b0c 09`), 'RTCP_SHORT')
  assert.equal(code(`8fcd0005 ${HEAD} 0003 0a0b0c 09 2003 0400`), 'RTCP_SHORT')
})

test('a run of nothing makes no progress, and ends with the packet', () => {
  assert.equal(
    onlyCoded(() => readRtcp(bytesOf(`8fcd0006 ${HEAD} 0003 0a0b0c 09 2000 2000 2000 2000`)))?.code,
    'RTCP_SHORT',
  )
})

test('arrivals too far apart for 16 bits are our mistake', () => {
  assert.equal(onlyCoded(() => writeRtcp([feedback([0, 32_768 * 250])]))?.code, 'RTCP_TWCC')
})
