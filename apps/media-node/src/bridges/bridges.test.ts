import assert from 'node:assert/strict'
import test from 'node:test'

import { silentLogger } from '@millrace/core'
import { Hub, type LiveStream, type PacketFeed, type PacketListener, type PacketSource } from '@millrace/hub'
import type { Frame, MediaPacket, PacketTrack, VideoTrack } from '@millrace/media'
import { createPacketizer } from '@millrace/rtp'
import { FakeScheduler, videoTrack } from '@millrace/testkit'

import { Bridges } from './bridges.ts'

const VP8_PACKETS: PacketTrack = {
  id: 1,
  kind: 'video',
  codec: 'vp8',
  clockRate: 90_000,
  channels: 0,
  fmtp: '',
  layers: [{ rid: 'low' }, { rid: 'high' }],
}
const VP8: VideoTrack = videoTrack({ codec: 'vp8', codecString: 'vp8', config: new Uint8Array() })
/** A key frame of 64×32 and a delta frame, as far as anybody here looks. @see RFC 6386 §9.1 */
const KEY = Uint8Array.of(0x10, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 32, 0, 1, 2, 3, 4)
const DELTA = Uint8Array.of(0x11, 0, 0, 1, 2, 3, 4)

const frameOf = (ptsTicks: number, key: boolean, track: VideoTrack = VP8): Frame => ({
  track,
  dtsTicks: ptsTicks,
  ptsTicks,
  key,
  payload: key ? KEY : DELTA,
})

function setUp({ keepBFrames = false, expected = (): boolean => false } = {}) {
  const hub: Hub = new Hub(
    new FakeScheduler(),
    { settleMs: 0 },
    { packetsChanged: (stream) => bridges.packetsChanged(stream) },
  )
  const policy = {
    toFrames: true,
    toPackets: true,
    keepBFrames,
    opusBps: 48_000,
    aacBps: 48_000,
    keyFrameIntervalMs: 10_000,
  }
  const transcoding = {
    open: () => ({ push() {}, droppedFrames: 0, close() {} }),
    close() {},
  }
  const faults: string[] = []
  const bridges = new Bridges({
    policyOf: () => policy,
    expected,
    transcoding,
    unhealthy: (_stream, code) => void faults.push(code),
    logger: silentLogger,
  })
  return { hub, bridges, faults, stream: hub.open({ vhost: 'v', app: 'live', name: 'x' }) }
}

/** What a player of packets has seen. */
function play(stream: LiveStream) {
  const packets: MediaPacket[] = []
  const sources: PacketSource[] = []
  const listener: PacketListener = {
    started: (source) => sources.push(source),
    packet: (packet) => packets.push(packet),
    stopped() {},
  }
  return { packets, sources, leave: stream.packets.listen(listener) }
}

/** What a reader of frames has seen. */
function read(stream: LiveStream): { frames: Frame[]; leave: () => void } {
  const frames: Frame[] = []
  const leave = stream.listen({ info() {}, frame: (frame) => frames.push(frame), interrupted() {}, closed() {} })
  return { frames, leave }
}

/** A publisher of packets, whose encodings differ in their numbers. */
function publisherOf(stream: LiveStream) {
  const source: PacketSource = {
    tracks: [VP8_PACKETS],
    bridged: false,
    requestKeyFrame() {},
    clockOf: () => undefined,
  }
  const feed: PacketFeed = stream.packets.publish(source)
  const packetizer = createPacketizer('vp8')
  const numbers = [100_000, 500_000]
  const send = (layer: number, timestamp: number, key: boolean, arrivedMs: number): void => {
    for (const { payload, marker } of packetizer.packetize(frameOf(timestamp, key))) {
      const sequence = (numbers[layer] = (numbers[layer] ?? 0) + 1)
      feed.packet({ track: VP8_PACKETS, layer, sequence, timestamp, marker, key, payload, arrivedMs })
    }
  }
  return { feed, send }
}

test('while packets are expected from elsewhere, none are made of frames', () => {
  let isExpected = true
  const { stream, bridges } = setUp({ expected: () => isExpected })
  const publication = stream.publish(() => {})
  publication.setTrack(VP8)
  publication.write(frameOf(0, true))
  const { sources } = play(stream)
  assert.equal(sources.length, 0)
  isExpected = false
  bridges.packetsChanged(stream)
  assert.equal(sources[0]?.bridged, true)
  isExpected = true
  bridges.packetsChanged(stream)
  assert.equal(stream.packets.source, sources[0], 'what is played goes on until there is something better')
  publisherOf(stream)
  assert.equal(stream.packets.source?.bridged, false)
})

test('frames become packets while somebody plays, from the last key frame on', () => {
  const { stream, bridges } = setUp()
  const publication = stream.publish(() => {})
  publication.setTrack(VP8)
  for (let i = 0; i < 5; i++) publication.write(frameOf(i * 40, i === 2))
  assert.equal(stream.packets.source, undefined)
  const { packets, sources, leave } = play(stream)
  assert.equal(sources[0]?.bridged, true)
  assert.equal(packets.length, 3)
  assert.equal(packets[0]?.key, true)
  publication.write(frameOf(200, false))
  assert.equal((packets[3]?.timestamp ?? 0) - (packets[2]?.timestamp ?? 0), 3600)
  assert.deepEqual(
    packets.map(({ sequence }) => sequence - (packets[0]?.sequence ?? 0)),
    [0, 1, 2, 3],
  )
  assert.ok((packets[0]?.sequence ?? 0) >= 65_536)
  leave()
  assert.equal(stream.packets.source, undefined)
  publication.write(frameOf(240, false))
  assert.equal(packets.length, 4)
  bridges.close()
})

test('pictures that are shown before others that have come are left out, unless they are to be kept', () => {
  for (const keepBFrames of [false, true]) {
    const { stream, bridges, faults } = setUp({ keepBFrames })
    const publication = stream.publish(() => {})
    publication.setTrack(VP8)
    const { packets } = play(stream)
    for (const [dts, pts] of [
      [0, 80],
      [40, 200],
      [80, 120],
      [120, 160],
      [160, 240],
    ] as const)
      publication.write({ ...frameOf(dts, dts === 0), ptsTicks: pts })
    assert.equal(packets.length, keepBFrames ? 5 : 3)
    assert.deepEqual(faults, keepBFrames ? [] : ['b_frames_for_webrtc'])
    bridges.close()
  }
})

test('another codec is another source, whose numbers are its own', () => {
  const { stream, bridges } = setUp()
  const publication = stream.publish(() => {})
  publication.setTrack(VP8)
  const { sources, packets } = play(stream)
  publication.write(frameOf(0, true))
  const before = stream.packets.source?.tracks[0]
  publication.setTrack(videoTrack({ codec: 'vp9', codecString: 'vp09' }))
  assert.equal(stream.packets.source?.tracks[0]?.codec, 'vp9')
  assert.notEqual(stream.packets.source?.tracks[0], before)
  assert.equal(sources.length, 2)
  assert.equal(packets.length, 1)
  bridges.close()
})

test('a player that leaves at the sight of the packets leaves nothing behind', () => {
  const { stream, bridges } = setUp()
  const leave = stream.packets.listen({ started: () => leave(), packet: () => assert.fail(), stopped() {} })
  const publication = stream.publish(() => {})
  publication.setTrack(VP8)
  publication.write(frameOf(0, true))
  assert.equal(stream.packets.source, undefined)
  assert.equal(stream.watched, false)
  publication.write(frameOf(40, false))
  bridges.close()
})

test('packets become frames, and a publisher that leaves is not fed with what was made of it', () => {
  const { stream, bridges } = setUp()
  const publication = stream.publish(() => {})
  const { feed, send } = publisherOf(stream)
  const close = bridges.toFrames(stream, publication)
  const { frames } = read(stream)
  for (let i = 0; i < 5; i++) send(1, 2 ** 33 + i * 3000, i === 0, 1000 + i * 33)
  assert.ok(frames.length >= 3, String(frames.length))
  assert.equal(frames[0]?.key, true)
  const { length } = frames
  feed.end()
  assert.equal(frames.length, length)
  close()
  publication.end('publisher_closed')
  bridges.close()
})

test('frames go on in time when a better encoding is changed to, and back when it falls silent', () => {
  const { stream, bridges } = setUp()
  const publication = stream.publish(() => {})
  const { send } = publisherOf(stream)
  const close = bridges.toFrames(stream, publication)
  const { frames } = read(stream)
  let nowMs = 1000
  const run = (layer: number, count: number, base: number): void => {
    for (let i = 0; i < count; i++) {
      send(layer, base + i * 3600, i === 0, nowMs)
      nowMs += 40
    }
  }
  run(0, 10, 2 ** 33)
  run(1, 10, 2 ** 33 + 7e8)
  const changed = frames.length
  assert.ok(changed >= 18, String(changed))
  nowMs += 2000
  run(0, 10, 2 ** 33 + 54 * 3600 + 2000 * 90)
  assert.ok(frames.length >= changed + 8, String(frames.length - changed))
  const steps = frames.slice(1).map(({ dtsTicks }, i) => dtsTicks - (frames[i]?.dtsTicks ?? 0))
  const ticksPerMs = (frames[0]?.track.timescale ?? 0) / 1000
  assert.ok(
    steps.every((step) => step > 0 && step <= 2200 * ticksPerMs),
    String(steps),
  )
  assert.ok(
    steps.slice(0, changed - 1).every((step) => step <= 200 * ticksPerMs),
    String(steps),
  )
  close()
  bridges.close()
})
