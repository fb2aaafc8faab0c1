import assert from 'node:assert/strict'
import test from 'node:test'

import type { MediaPacket, PacketTrack } from '@millrace/media'
import { readRtpHeader, rtpHeaderBytes, writeRtpHeader } from '@millrace/rtp'

import { SourceMap, type ExtensionIds, type PublishedTrack } from './source-map.ts'

const IDS: ExtensionIds = { mid: 1, rid: 2, repairedRid: 3, transportCc: undefined }
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

function published(layers: readonly string[], sources: PublishedTrack['sources'] = []): PublishedTrack {
  const track: PacketTrack = {
    id: 1,
    kind: 'video',
    codec: 'vp8',
    clockRate: 90_000,
    channels: 0,
    fmtp: '',
    layers: layers.map((rid) => ({ rid })),
  }
  return { track, mid: '0', payloadType: 96, rtxPayloadType: 97, nack: true, sources }
}

interface Sent {
  readonly ssrc: number
  readonly sequence?: number
  readonly timestamp?: number
  readonly payloadType?: number
  readonly extensions?: { readonly id: number; readonly data: Uint8Array }[]
}

function packetOf({ ssrc, sequence = 1, timestamp = 0, payloadType = 96, extensions = [] }: Sent): Uint8Array {
  const fields = { marker: false, payloadType, sequence, timestamp, ssrc, extensions }
  const bytes = new Uint8Array(rtpHeaderBytes(fields) + 4)
  writeRtpHeader(bytes, 0, fields)
  return bytes
}

function find(map: SourceMap, sent: Sent) {
  const packet = packetOf(sent)
  return map.find(packet, readRtpHeader(packet))
}

function take(map: SourceMap, sent: Sent, nowMs: number): MediaPacket | undefined {
  const packet = packetOf(sent)
  const header = readRtpHeader(packet)
  return map.find(packet, header)?.stream.take(packet, header, false, nowMs)
}

test('sources of the offer are known before their first packet', () => {
  const map = new SourceMap([published([''], [{ ssrc: 5, rtxSsrc: 6 }])], IDS)
  assert.equal(find(map, { ssrc: 5 })?.repairs, false)
  assert.equal(find(map, { ssrc: 6, payloadType: 97 })?.repairs, true)
  assert.equal(map.bySsrc(6)?.stream, map.bySsrc(5)?.stream)
})

test('encodings are told apart by rid, and their retransmissions by repaired rid', () => {
  const map = new SourceMap([published(['low', 'high'])], IDS)
  const rid = (id: number, text: string) => [{ id, data: ascii(text) }]
  assert.equal(find(map, { ssrc: 7 }), undefined)
  assert.equal(find(map, { ssrc: 7, extensions: rid(2, 'high') })?.stream.layer, 1)
  assert.equal(find(map, { ssrc: 8, extensions: rid(2, 'low') })?.stream.layer, 0)
  assert.equal(find(map, { ssrc: 9, extensions: rid(2, 'other') }), undefined)
  assert.equal(find(map, { ssrc: 10, payloadType: 97, extensions: rid(3, 'high') })?.stream.ssrc, 7)
  // from now on without it
  assert.equal(find(map, { ssrc: 7 })?.stream.layer, 1)
})

test('what was not agreed on is of nobody', () => {
  const map = new SourceMap([published([''])], IDS)
  assert.equal(find(map, { ssrc: 1, payloadType: 100 }), undefined)
  assert.equal(find(map, { ssrc: 1, extensions: [{ id: 1, data: ascii('9') }] }), undefined)
  assert.equal(find(map, { ssrc: 1, payloadType: 97 }), undefined, 'retransmissions of nothing')
})

test('a publisher may use so many sources and no more', () => {
  const map = new SourceMap([published([''])], IDS)
  let known = 0
  for (let ssrc = 1; ssrc <= 1000; ssrc++) if (find(map, { ssrc })) known++
  assert.equal(known, 32)
  assert.equal(map.streams.length, 1)
})

test('numbers and times go on under another SSRC, and what comes under the one before is of no use', () => {
  const map = new SourceMap([published([''], [{ ssrc: 5, rtxSsrc: 6 }])], IDS)
  const before = take(map, { ssrc: 5, sequence: 60_000, timestamp: 9e8 }, 1000)
  assert.ok(before)
  const after = take(map, { ssrc: 50, sequence: 3, timestamp: 17 }, 1100)
  assert.equal(after?.sequence, before.sequence + 1)
  assert.equal(after.timestamp, before.timestamp + 9000)
  assert.equal(take(map, { ssrc: 50, sequence: 2, timestamp: 17 }, 1100), undefined, 'before its first')
  assert.equal(take(map, { ssrc: 50, sequence: 4, timestamp: 17 }, 1110)?.sequence, before.sequence + 2)
  assert.equal(take(map, { ssrc: 5, sequence: 60_001 }, 1120), undefined)
  assert.equal(find(map, { ssrc: 6, payloadType: 97 }), undefined)
  assert.deepEqual(
    map.streams.map(({ ssrc }) => ssrc),
    [50],
  )
})

test('no number of an encoding is ever that of two packets, whatever the publisher sends', () => {
  const map = new SourceMap([published([''])], IDS)
  const seen = new Set<number>()
  let last = 0
  for (const [i, sequence] of [5, 6, 6, 5, 65_535, 0, 32_768, 1, 5, 40_000, 6].entries())
    for (const ssrc of [1 + (i >> 2), 1 + (i >> 3)]) {
      const packet = take(map, { ssrc, sequence }, i)
      if (!packet) continue
      assert.ok(packet.sequence >= 65_536)
      assert.ok(!seen.has(packet.sequence), `${packet.sequence} twice`)
      seen.add(packet.sequence)
      last = Math.max(last, packet.sequence)
    }
  assert.ok(seen.size > 4 && last > 0)
})

test('the clock of a publisher is that of the packets, also under another SSRC', () => {
  const map = new SourceMap([published([''], [{ ssrc: 5, rtxSsrc: undefined }])], IDS)
  const report = (rtpTimestamp: number) => ({
    type: 'sr' as const,
    ssrc: 0,
    ntp: { seconds: 3_900_000_000, fraction: 0 },
    rtpTimestamp,
    packets: 0,
    octets: 0,
    reports: [],
  })
  const first = take(map, { ssrc: 5, timestamp: 1000 }, 0)
  assert.equal(map.bySsrc(5)?.stream.clock, undefined)
  map.bySsrc(5)?.stream.reported(report(1000), 0)
  assert.equal(map.bySsrc(5)?.stream.clock?.timestamp, first?.timestamp)
  const next = take(map, { ssrc: 6, timestamp: 4e9 }, 50)
  map.bySsrc(6)?.stream.reported(report(4e9), 50)
  assert.equal(map.bySsrc(6)?.stream.clock?.timestamp, next?.timestamp)
})
