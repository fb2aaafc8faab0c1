import assert from 'node:assert/strict'
import test from 'node:test'

import type { MediaPacket, PacketTrack } from '@millrace/media'
import { FakeScheduler } from '@millrace/testkit'

import { KEY_FRAME_INTERVAL_MS, PacketPlane, type PacketListener, type PacketSource } from './packet-plane.ts'
import { setUp } from './testing.ts'

const TRACK: PacketTrack = {
  id: 1,
  kind: 'video',
  codec: 'vp8',
  clockRate: 90_000,
  channels: 0,
  fmtp: '',
  layers: [{ rid: '' }],
}

const packetOf = (sequence: number): MediaPacket => ({
  track: TRACK,
  layer: 0,
  sequence,
  timestamp: 0,
  marker: true,
  key: true,
  payload: new Uint8Array(1),
  arrivedMs: 0,
})

function sourceOf(requests: number[] = [], nowMs: () => number = () => 0): PacketSource {
  return { tracks: [TRACK], bridged: false, requestKeyFrame: () => requests.push(nowMs()), clockOf: () => undefined }
}

function listenerOf(log: string[]): PacketListener {
  return {
    started: () => log.push('started'),
    packet: ({ sequence }) => log.push(String(sequence)),
    stopped: () => log.push('stopped'),
  }
}

function planeOf() {
  const scheduler = new FakeScheduler()
  const changes: string[] = []
  const plane: PacketPlane = new PacketPlane(scheduler, {
    changed: () => changes.push(`${plane.source ? 'source' : 'none'} ${plane.wanted}`),
    unused: () => changes.push('unused'),
  })
  return { scheduler, plane, changes }
}

test('every listener gets each packet of the source, and is told when it ends', () => {
  const { plane, changes } = planeOf()
  const logs: string[][] = [[], []]
  const [early = [], late = []] = logs
  const leave = plane.listen(listenerOf(early))
  const feed = plane.publish(sourceOf())
  feed.packet(packetOf(1))
  plane.listen(listenerOf(late))
  feed.packet(packetOf(2))
  leave()
  feed.packet(packetOf(3))
  feed.end()
  feed.packet(packetOf(4))
  assert.deepEqual(early, ['started', '1', '2'])
  assert.deepEqual(late, ['started', '2', '3', 'stopped'])
  assert.deepEqual(changes, ['none true', 'source true', 'none true'])
})

test('another source takes the place of the first, whose packets go nowhere any more', () => {
  const { plane } = planeOf()
  const log: string[] = []
  plane.listen(listenerOf(log))
  const first = plane.publish(sourceOf())
  const second = plane.publish(sourceOf())
  first.packet(packetOf(1))
  first.end()
  second.packet(packetOf(2))
  assert.deepEqual(log, ['started', 'stopped', 'started', '2'])
})

test('requests for key frames are one per interval, and the last is not forgotten', () => {
  const { plane, scheduler } = planeOf()
  const requests: number[] = []
  plane.publish(sourceOf(requests, () => scheduler.nowMs()))
  for (let i = 0; i < 10; i++) {
    plane.requestKeyFrame(TRACK, 0)
    scheduler.advance(10)
  }
  scheduler.advance(10_000)
  assert.deepEqual(requests, [0, KEY_FRAME_INTERVAL_MS])
  assert.equal(scheduler.pending, 0)
})

test('the end of a source leaves no timer', () => {
  const { plane, scheduler } = planeOf()
  const feed = plane.publish(sourceOf())
  plane.requestKeyFrame(TRACK, 0)
  plane.requestKeyFrame(TRACK, 0)
  feed.end()
  assert.equal(scheduler.pending, 0)
})

test('a stream lives as long as somebody listens to its packets', () => {
  const { stream, closed } = setUp()
  const leave = stream.packets.listen(listenerOf([]))
  const unlisten = stream.listen({ info() {}, frame() {}, interrupted() {}, closed() {} })
  unlisten()
  assert.deepEqual(closed, [])
  leave()
  assert.deepEqual(closed, [stream.id])
})

test('the packets of a publisher end with its publication', () => {
  const { stream } = setUp()
  const log: string[] = []
  stream.packets.listen(listenerOf(log))
  const publication = stream.publish(() => {})
  stream.packets.publish(sourceOf())
  publication.end('publisher_closed')
  assert.deepEqual(log, ['started', 'stopped'])
})

test('a source that begins again is not ended or fed by its turn before', () => {
  const { plane } = planeOf()
  const log: string[] = []
  plane.listen(listenerOf(log))
  const source = sourceOf()
  const before = plane.publish(source)
  const feed = plane.publish(source)
  before.packet(packetOf(1))
  before.end()
  assert.equal(plane.source, source)
  feed.packet(packetOf(2))
  feed.end()
  assert.deepEqual(log, ['started', 'stopped', 'started', '2', 'stopped'])
})
