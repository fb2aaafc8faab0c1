import assert from 'node:assert/strict'
import test from 'node:test'

import type { PacketClock } from '@millrace/hub'
import type { MediaPacket, PacketTrack } from '@millrace/media'
import type { SrtpSession } from '@millrace/webrtc'

import type { OutgoingPacket, PacketSender, PacketTarget } from '../../io/packet-engine/packet-engine.ts'
import { Lane } from './lane.ts'
import { Outlet } from './outlet.ts'

const TRACK: PacketTrack = {
  id: 1,
  kind: 'video',
  codec: 'vp8',
  clockRate: 90_000,
  channels: 0,
  fmtp: '',
  layers: [{ rid: 'low' }, { rid: 'high' }],
}

/** What goes out, as the engine would write it: its index, time and first byte. */
interface Sent {
  readonly ssrc: number
  readonly index: number
  readonly timestamp: number
  readonly payload: Uint8Array
}

function setUp({ rtx = false, bridged = false, clocks = [] as (PacketClock | undefined)[] } = {}) {
  const sent: Sent[] = []
  const sender: PacketSender = {
    target: (options) => ({
      ...options,
      destination: undefined,
      sequenceOffset: 0,
      timestampOffset: 0,
      extension: new Uint8Array(),
    }),
    fanOut(packets: readonly OutgoingPacket[], targets) {
      for (const { sequence, timestamp, payload } of packets)
        for (const { ssrc, sequenceOffset, timestampOffset } of targets)
          sent.push({ ssrc, index: sequence + sequenceOffset, timestamp: timestamp + timestampOffset, payload })
    },
    send() {},
    flush() {},
    counters: { sent: 0, unsent: 0 },
    close() {},
  }
  // the sender above looks at no session
  const session = {} as SrtpSession
  const targetOf = (ssrc: number): PacketTarget => sender.target({ session, ssrc, payloadType: 96 })
  const lanes = [0, 1].map((layer) => new Lane(TRACK, layer, { sender, bridged, clockOf: () => clocks[layer] }))
  const [low, high] = lanes as [Lane, Lane]
  const outlet = new Outlet({ sender, target: targetOf(1), rtx: rtx ? targetOf(2) : undefined })
  return { sent, outlet, low, high }
}

function packetOf(layer: number, sequence: number, key = false, timestamp = sequence * 3000): MediaPacket {
  const payload = Uint8Array.of(layer, sequence & 0xff)
  return { track: TRACK, layer, sequence, timestamp, marker: true, key, payload, arrivedMs: sequence * 33 }
}

function give(lane: Lane, packet: MediaPacket): void {
  lane.packet(packet)
  lane.flush()
}

test('an outlet begins at a key frame, in the first half of the first cycle, and goes on without a gap', () => {
  const { sent, outlet, low } = setUp()
  assert.equal(low.await(outlet), false)
  give(low, packetOf(0, 131_072))
  assert.equal(sent.length, 0)
  for (let i = 1; i < 5; i++) give(low, packetOf(0, 131_072 + i, i === 1))
  const [first] = sent
  assert.ok(first && first.index > 0 && first.index < 32_768)
  assert.deepEqual(
    sent.map(({ index, timestamp }) => [index - first.index, timestamp - first.timestamp]),
    [0, 1, 2, 3].map((i) => [i, i * 3000]),
  )
})

test('what is late from before an outlet began doesn’t go to it', () => {
  const { sent, outlet, low } = setUp()
  low.await(outlet)
  give(low, packetOf(0, 131_080, true))
  give(low, packetOf(0, 131_075))
  give(low, packetOf(0, 131_082))
  give(low, packetOf(0, 131_081))
  assert.deepEqual(
    sent.map(({ index }) => index - (sent[0]?.index ?? 0)),
    [0, 2, 1],
  )
})

test('sequence numbers go on in another encoding, and what is asked for is of the one that had it', () => {
  const { sent, outlet, low, high } = setUp()
  low.await(outlet)
  for (let i = 0; i < 5; i++) give(low, packetOf(0, 131_072 + i, i === 0))
  high.await(outlet)
  give(low, packetOf(0, 131_077))
  for (let i = 0; i < 5; i++) give(high, packetOf(1, 500_000 + i, i === 0))
  give(low, packetOf(0, 131_078))
  const first = sent[0]?.index ?? 0
  assert.deepEqual(
    sent.map(({ index }) => index - first),
    Array.from({ length: 11 }, (_, i) => i),
  )
  assert.equal(sent[6]?.payload[0], 1)
  for (const original of sent.slice()) {
    assert.equal(outlet.resend(original.index & 0xffff, 500_004 * 33), original.payload[0] === 1, 'kept for 2 s')
    if (original.payload[0] === 1) assert.deepEqual(sent.at(-1), original)
  }
})

test('an index is of one packet only, whatever is switched, late and asked for', () => {
  const { sent, outlet, low, high } = setUp({ bridged: true })
  const known = new Map<number, string>()
  const lanes = [low, high]
  low.await(outlet)
  for (let i = 0; i < 400; i++) {
    const sequence = 131_072 + i
    for (const [layer, lane] of lanes.entries())
      if (i % 7 !== layer) give(lane, packetOf(layer, sequence + layer * 1000, i % 20 === 0, (i - (i % 3)) * 3000))
    if (i % 7 === 3) give(low, packetOf(0, sequence - 3))
    if (i % 50 === 49) {
      const next = lanes[i % 100 > 50 ? 0 : 1]
      if (next && outlet.lane !== next) next.await(outlet)
    }
    for (const { index } of sent.slice(-10)) outlet.resend(index & 0xffff, sequence * 33)
  }
  for (const { index, timestamp, payload } of sent) {
    const written = `${timestamp} ${payload.join()}`
    assert.equal(known.get(index) ?? written, written, `index ${index}`)
    known.set(index, written)
  }
  assert.ok(known.size > 300)
})

test('retransmissions have numbers of their own where there is a stream for them', () => {
  const { sent, outlet, low } = setUp({ rtx: true })
  low.await(outlet)
  give(low, packetOf(0, 131_072, true))
  const [first] = sent
  assert.ok(first)
  for (let i = 0; i < 3; i++) assert.equal(outlet.resend(first.index, 131_072 * 33), true)
  const again = sent.slice(1)
  assert.deepEqual(
    again.map(({ ssrc, index }) => [ssrc, index - (again[0]?.index ?? 0)]),
    [0, 1, 2].map((i) => [2, i]),
  )
  assert.deepEqual(again[0]?.payload, Uint8Array.of(first.index >> 8, first.index & 0xff, ...first.payload))
  assert.equal(again[0]?.timestamp, first.timestamp)
  assert.equal(outlet.resend((first.index + 9) & 0xffff, 131_072 * 33), false)
  assert.equal(outlet.retransmitted, 3)
})

test('the same moment has the same time in another encoding by the publisher’s clock, unless that is absurd', () => {
  for (const [wallMs, expected] of [
    [1000, 9000],
    [1e9, 33 * 90],
  ] as const) {
    const clocks = [
      { timestamp: 131_072 * 3000, wallMs: 1000 },
      { timestamp: 0, wallMs },
    ]
    const { sent, outlet, low, high } = setUp({ clocks })
    low.await(outlet)
    give(low, packetOf(0, 131_072, true))
    high.await(outlet)
    give(high, packetOf(1, 131_073, true, 9000))
    assert.equal((sent[1]?.timestamp ?? 0) - (sent[0]?.timestamp ?? 0), expected)
  }
})

test('where no key frame can be asked for, a player begins with the pictures since the last, close together', () => {
  const { sent, outlet, low } = setUp({ bridged: true })
  for (let i = 0; i < 6; i++) give(low, packetOf(0, 131_072 + i, i === 2))
  assert.equal(low.await(outlet), true)
  give(low, packetOf(0, 131_078))
  assert.deepEqual(
    sent.map(({ index, timestamp }) => [index - (sent[0]?.index ?? 0), timestamp - (sent[0]?.timestamp ?? 0)]),
    [
      [0, 0],
      [1, 90],
      [2, 180],
      [3, 270],
      [4, 3270],
    ],
  )
})
