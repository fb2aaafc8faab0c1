import assert from 'node:assert/strict'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import { mutations, onlyCoded } from '@millrace/testkit'

import { bytesOf, truncations } from '../testing.ts'
import { readRtcp, type RtcpPacket, writeRtcp } from './compound.ts'

const REPORT = {
  ssrc: 2,
  fractionLost: 3,
  cumulativeLost: -4,
  highestSequence: 5,
  jitter: 6,
  lastSenderReport: 7,
  delaySinceLastSenderReport: 8,
}

const ALL: readonly RtcpPacket[] = [
  {
    type: 'sr',
    ssrc: 1,
    ntp: { seconds: 5, fraction: 6 },
    rtpTimestamp: 7,
    packets: 8,
    octets: 9,
    reports: [REPORT, REPORT],
  },
  { type: 'rr', ssrc: 1, reports: [REPORT] },
  { type: 'sdes', chunks: [{ ssrc: 1, cname: 'millrace' }] },
  { type: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [65_534, 65_535, 0, 24] },
  { type: 'nack', senderSsrc: 1, mediaSsrc: 3, sequences: [7] },
  { type: 'remb', senderSsrc: 1, bitrateBps: 2_500_000, ssrcs: [5] },
  { type: 'pli', senderSsrc: 1, mediaSsrc: 2 },
  { type: 'fir', senderSsrc: 1, requests: [{ ssrc: 2, sequence: 3 }] },
  {
    type: 'twcc',
    senderSsrc: 1,
    mediaSsrc: 2,
    baseSequence: 65_535,
    referenceTime: 100,
    feedbackCount: 3,
    arrivals: [1000, null, 2000, 100_000, null, 50_000],
  },
  { type: 'xr', ssrc: 1, blocks: [{ type: 'rrtr', ntp: { seconds: 1, fraction: 2 } }] },
  { type: 'bye', ssrcs: [1, 2], reason: 'gone' },
]

test('packets of a compound packet are each read within their own length', () => {
  assert.deepEqual(readRtcp(writeRtcp(ALL)), ALL)
})

test('two NACKs behind one another are two, and neither takes in the other', () => {
  const first = { type: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [10, 12] } as const
  const second = { type: 'nack', senderSsrc: 1, mediaSsrc: 3, sequences: [65_535, 0] } as const
  assert.deepEqual(readRtcp(writeRtcp([first, second])), [first, second])
})

test('a PLI behind a REMB is no SSRC of it', () => {
  const remb = { type: 'remb', senderSsrc: 1, bitrateBps: 1000, ssrcs: [5] } as const
  const pli = { type: 'pli', senderSsrc: 1, mediaSsrc: 5 } as const
  assert.deepEqual(readRtcp(writeRtcp([remb, pli])), [remb, pli])
})

test('a BYE is seen, alone and behind a report', () => {
  const bye = { type: 'bye', ssrcs: [1], reason: '' } as const
  assert.deepEqual(readRtcp(writeRtcp([bye])), [bye])
  assert.deepEqual(readRtcp(writeRtcp([{ type: 'rr', ssrc: 1, reports: [] }, bye])).at(-1), bye)
})

test('types and formats that are not ours are passed over by their length', () => {
  const app = bytesOf('80cc0003 00000001 41424344 ffffffff')
  const unknownFeedback = bytesOf('9ecd0003 00000001 00000002 ffffffff')
  const sliceLoss = bytesOf('82ce0003 00000001 00000002 ffffffff')
  const legacy = bytesOf('80c00001 00000001')
  const bytes = concatBytes([app, unknownFeedback, sliceLoss, legacy, writeRtcp(ALL)])
  assert.deepEqual(readRtcp(bytes), ALL)
})

test('padding is left out, of the last packet and of one in the middle', () => {
  const padded = bytesOf('a1cd0005 00000001 00000002 000a0000 00000000 00000008')
  const nack = { type: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [10] } as const
  assert.deepEqual(readRtcp(padded), [nack])
  assert.deepEqual(readRtcp(concatBytes([padded, padded])), [nack, nack])
})

test('what is no RTCP is refused', () => {
  const code = (hex: string): string | undefined => onlyCoded(() => readRtcp(bytesOf(hex)))?.code
  assert.equal(code(''), 'RTCP_SHORT')
  assert.equal(code('80c9'), 'RTCP_SHORT')
  assert.equal(code('40c90001 00000001'), 'RTCP_VERSION')
  assert.equal(code('80c90001 00000001 00c90001 00000001'), 'RTCP_VERSION')
  assert.equal(code('80c90002 00000001'), 'RTCP_SHORT')
  assert.equal(code('81c90001 00000001'), 'RTCP_SHORT')
  assert.equal(code('a0c90001 00000000'), 'RTCP_PADDING')
  assert.equal(code('a0c90001 00000005'), 'RTCP_PADDING')
  assert.equal(code('a0c90000'), 'RTCP_PADDING')
  assert.equal(onlyCoded(() => readRtcp(new Uint8Array(4097)))?.code, 'RTCP_TOO_LARGE')
  assert.equal(onlyCoded(() => readRtcp(new Uint8Array(100), { maxBytes: 99 }))?.code, 'RTCP_TOO_LARGE')
})

test('cut short anywhere: a coded error, or the packets that are whole', () => {
  for (const cut of truncations(writeRtcp(ALL))) {
    let packets: RtcpPacket[] = []
    const error = onlyCoded(() => (packets = readRtcp(cut)))
    if (error) assert.equal(error.code, 'RTCP_SHORT')
    else assert.deepEqual(packets, ALL.slice(0, packets.length))
  }
})

test('mutated compound packets: only coded errors', () => {
  for (const packet of [ALL, ...ALL.map((one) => [one])]) {
    for (const bad of mutations(writeRtcp(packet), 1000)) onlyCoded(() => readRtcp(bad))
  }
})
