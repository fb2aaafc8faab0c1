import assert from 'node:assert/strict'
import test from 'node:test'

import { onlyCoded } from '@millrace/testkit'

import { bytesOf, hexOf } from '../testing.ts'
import { readRtcp, type RtcpPacket, writeRtcp } from './compound.ts'

/** That the bytes read as the packet, and the packet writes as the bytes. */
function golden(hex: string, packet: RtcpPacket): void {
  assert.deepEqual(readRtcp(bytesOf(hex)), [packet])
  assert.equal(hexOf(writeRtcp([packet])), hexOf(bytesOf(hex)))
}

const BLOCK = {
  ssrc: 0x0000_0002,
  fractionLost: 0x40,
  cumulativeLost: -2,
  highestSequence: 0x0001_ffff,
  jitter: 0x10,
  lastSenderReport: 0xaabb_ccdd,
  delaySinceLastSenderReport: 0x0001_0000,
}
const BLOCK_HEX = '00000002 40fffffe 0001ffff 00000010 aabbccdd 00010000'

test('sender report: golden bytes', () => {
  golden(`81c8000c 00000001 eeeeeeee 80000000 fffffff0 00000005 00000500 ${BLOCK_HEX}`, {
    type: 'sr',
    ssrc: 1,
    ntp: { seconds: 0xeeee_eeee, fraction: 0x8000_0000 },
    rtpTimestamp: 0xffff_fff0,
    packets: 5,
    octets: 0x500,
    reports: [BLOCK],
  })
})

test('receiver report: golden bytes with and without blocks', () => {
  golden('80c90001 00000001', { type: 'rr', ssrc: 1, reports: [] })
  golden(`82c9000d 00000001 ${BLOCK_HEX} ${BLOCK_HEX}`, { type: 'rr', ssrc: 1, reports: [BLOCK, BLOCK] })
})

test('reports: extensions of profiles behind the blocks are passed over', () => {
  assert.deepEqual(readRtcp(bytesOf('80c90002 00000001 ffffffff')), [{ type: 'rr', ssrc: 1, reports: [] }])
})

test('source description: golden bytes, chunks filled to whole words', () => {
  golden('82ca0006 00000001 0102 6162 00000000 00000002 0105 6162636465 00', {
    type: 'sdes',
    chunks: [
      { ssrc: 1, cname: 'ab' },
      { ssrc: 2, cname: 'abcde' },
    ],
  })
})

test('source description: other items are passed over, a chunk may have none', () => {
  assert.deepEqual(readRtcp(bytesOf('82ca0006 00000001 060178 01026162 00 00000002 00000000 00000000')), [
    {
      type: 'sdes',
      chunks: [
        { ssrc: 1, cname: 'ab' },
        { ssrc: 2, cname: '' },
      ],
    },
  ])
})

test('source description: a name over 255 bytes is cut off', () => {
  const [packet] = readRtcp(writeRtcp([{ type: 'sdes', chunks: [{ ssrc: 1, cname: 'x'.repeat(300) }] }]))
  assert.equal(packet?.type === 'sdes' && packet.chunks[0]?.cname.length, 255)
})

test('bye: golden bytes with and without a reason', () => {
  golden('81cb0001 00000001', { type: 'bye', ssrcs: [1], reason: '' })
  golden('82cb0004 00000001 00000002 04 7465 6172 000000', { type: 'bye', ssrcs: [1, 2], reason: 'tear' })
  golden('80cb0000', { type: 'bye', ssrcs: [], reason: '' })
})

test('extended report: golden bytes of reference time and its answer', () => {
  golden(
    '80cf000b 00000001 04000002 eeeeeeee 80000000 05000006 00000002 aabbccdd 00010000 00000003 00000000 00000000',
    {
      type: 'xr',
      ssrc: 1,
      blocks: [
        { type: 'rrtr', ntp: { seconds: 0xeeee_eeee, fraction: 0x8000_0000 } },
        {
          type: 'dlrr',
          reports: [
            { ssrc: 2, lastReference: 0xaabb_ccdd, delaySinceLastReference: 0x1_0000 },
            { ssrc: 3, lastReference: 0, delaySinceLastReference: 0 },
          ],
        },
      ],
    },
  )
})

test('extended report: blocks of other kinds are passed over by their length', () => {
  assert.deepEqual(readRtcp(bytesOf('80cf0006 00000001 06000001 ffffffff 04000002 00000001 00000002')), [
    { type: 'xr', ssrc: 1, blocks: [{ type: 'rrtr', ntp: { seconds: 1, fraction: 2 } }] },
  ])
})

test('extended report: a block that is longer than its packet, or shorter than its fields', () => {
  for (const hex of ['80cf0002 00000001 06000001', '80cf0003 00000001 04000001 00000001']) {
    assert.equal(onlyCoded(() => readRtcp(bytesOf(hex)))?.code, 'RTCP_SHORT')
  }
})

test('more items than the header counts are our mistake', () => {
  const ssrcs = Array.from({ length: 32 }, (_, i) => i)
  assert.equal(onlyCoded(() => writeRtcp([{ type: 'bye', ssrcs, reason: '' }]))?.code, 'RTCP_TOO_MANY')
})
