import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'
import type { MediaPacket } from '@millrace/media'
import { FakeScheduler, LossyLink, type LossyLinkOptions, Random, videoTrack } from '@millrace/testkit'

import { FrameAssembler, type FrameAssemblerOptions, type TimedFrame } from './frame-assembler.ts'
import { NackGenerator } from './nack-generator.ts'
import { packetTrack } from './packet-track.test-support.ts'
import { createDepacketizer, isKeyStart } from './payload-formats.ts'
import type { Depacketizer } from './payloads/payload-format.ts'
import { SequenceUnwrapper, TimestampUnwrapper } from './sequence.ts'

const PACKETS_PER_FRAME = 4
const FRAMES_PER_KEY = 10
const FRAME_TICKS = 3000
const track = packetTrack('h264')

/** Takes frames whose packets say which they are: frame number, part, count of parts. */
const numbered: Depacketizer = {
  assemble(payloads) {
    const frame = payloads[0]?.[0] ?? 0
    assert.deepEqual(
      payloads.map((payload) => [...payload]),
      payloads.map((_, i) => [frame, i, payloads.length]),
      'a frame of all of its packets in order',
    )
    assert.equal(payloads.length, PACKETS_PER_FRAME)
    return { track: videoTrack(), key: frame % FRAMES_PER_KEY === 0, payload: Uint8Array.of(frame) }
  },
}

/** Packets of the frames 0 to `frames - 1`, 33 ms apart, key frames every ten. */
function packetsOf(frames: number, { sequence = 65_536, timestamp = 5_000_000, arrivedMs = 0 } = {}): MediaPacket[] {
  return Array.from({ length: frames * PACKETS_PER_FRAME }, (_, i) => {
    const frame = Math.floor(i / PACKETS_PER_FRAME)
    const part = i % PACKETS_PER_FRAME
    return {
      track,
      layer: 0,
      sequence: sequence + i,
      timestamp: timestamp + frame * FRAME_TICKS,
      marker: part === PACKETS_PER_FRAME - 1,
      key: frame % FRAMES_PER_KEY === 0 && part === 0,
      payload: Uint8Array.of(frame, part, PACKETS_PER_FRAME),
      arrivedMs: arrivedMs + frame * 33,
    }
  })
}

const numbers = (frames: readonly TimedFrame[]): number[] => frames.map(({ payload }) => payload[0] ?? -1)
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
const assembler = (options?: FrameAssemblerOptions): FrameAssembler => new FrameAssembler(numbered, 'video', options)
const pushAll = (to: FrameAssembler, packets: readonly MediaPacket[]): TimedFrame[] =>
  packets.flatMap((packet) => to.push(packet, packet.arrivedMs))

test('frames come out when their last packet has come, from the first key frame on', () => {
  const buffer = assembler()
  assert.equal(buffer.wantsKeyFrame, true)
  const frames = pushAll(buffer, packetsOf(21).slice(7))
  assert.deepEqual(numbers(frames), range(10, 21))
  assert.deepEqual([frames[0]?.timestamp, frames[0]?.arrivedMs], [5_030_000, 330])
  assert.deepEqual([buffer.wantsKeyFrame, buffer.deadlineMs], [false, undefined])
})

test('without markers a frame ends where the next one begins', () => {
  const packets = packetsOf(5).map((packet) => ({ ...packet, marker: false }))
  assert.deepEqual(numbers(pushAll(assembler(), packets)), range(0, 4))
})

test('packets without payload are skipped', () => {
  const packets = packetsOf(4).flatMap((packet) => {
    const padding = {
      ...packet,
      sequence: packet.sequence * 2 + 1,
      payload: new Uint8Array(0),
      key: false,
      marker: false,
    }
    return [{ ...packet, sequence: packet.sequence * 2 }, padding]
  })
  assert.deepEqual(numbers(pushAll(assembler(), packets)), range(0, 4))
})

/** Sends packets over a link with faults, in real time; what is lost may be asked for again over the same link. */
function playOver(
  link: LossyLinkOptions,
  packets: readonly MediaPacket[],
  { seed = 1, resend = false, options }: { seed?: number; resend?: boolean; options?: FrameAssemblerOptions } = {},
): { frames: TimedFrame[]; buffer: FrameAssembler } {
  const scheduler = new FakeScheduler()
  const nacks = new NackGenerator()
  const buffer = assembler(options)
  const frames: TimedFrame[] = []
  const receive = (packet: MediaPacket): void => {
    const nowMs = scheduler.nowMs()
    nacks.note(packet.sequence, nowMs)
    frames.push(...buffer.push({ ...packet, arrivedMs: nowMs }, nowMs))
  }
  const path = new LossyLink(scheduler, new Random(seed), link, receive)
  const queue = packets.slice(1)
  // the first packet of all says where the sequence begins
  for (const first of packets.slice(0, 1)) receive(first)
  const endMs = (packets.at(-1)?.arrivedMs ?? 0) + 1500
  for (let nowMs = 0; nowMs < endMs; nowMs += 5) {
    while (queue[0] && queue[0].arrivedMs <= nowMs) path.send(queue.shift() as MediaPacket)
    const wanted = resend ? nacks.due(nowMs) : []
    for (const packet of packets) if (wanted.includes(packet.sequence)) path.send(packet)
    scheduler.advance(5)
    frames.push(...buffer.advance(scheduler.nowMs()))
  }
  return { frames, buffer }
}

test('reordered and repeated packets change nothing', () => {
  const { frames, buffer } = playOver({ duplicates: 0.2, delayMs: [0, 80] }, packetsOf(100))
  assert.deepEqual(numbers(frames), range(0, 100))
  assert.deepEqual(buffer.losses, { packets: 0, freezes: 0, damaged: 0 })
})

test('losses that are made good in time are not seen', () => {
  const link = { loss: 0.1, duplicates: 0.05, delayMs: [5, 30] } as const
  const options = { latencyMs: 1000 }
  const { frames, buffer } = playOver(link, packetsOf(100), { seed: 2, resend: true, options })
  assert.deepEqual(numbers(frames), range(0, 100))
  assert.equal(buffer.losses.freezes, 0)
})

test('after a loss that is not made good the picture stands still up to the next key frame', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { frames, buffer } = playOver({ loss: 0.005, delayMs: [0, 40] }, packetsOf(200), { seed })
    const shown = numbers(frames)
    assert.ok(shown.length < 200 && shown.length > 20, `${shown.length} frames`)
    shown.forEach((frame, i) => {
      const before = shown[i - 1] ?? -1
      assert.ok(frame === before + 1 || (frame > before && frame % FRAMES_PER_KEY === 0), `${frame} after ${before}`)
    })
    assert.ok(buffer.losses.freezes > 0 && buffer.losses.packets > 0)
    assert.equal(buffer.losses.damaged, 0)
  }
})

test('a missing packet is waited for as long as the latency allows, and then a key frame is asked for', () => {
  const buffer = assembler({ latencyMs: 100 })
  const packets = packetsOf(12)
  pushAll(buffer, packets.slice(0, 5))
  // of frame 1, at 33 ms, the second packet is missing
  assert.deepEqual(pushAll(buffer, packets.slice(6, 12)), [])
  assert.equal(buffer.deadlineMs, 133)
  assert.deepEqual(buffer.advance(132), [])
  assert.equal(buffer.wantsKeyFrame, false)
  assert.deepEqual(buffer.advance(133), [])
  assert.equal(buffer.wantsKeyFrame, true)
  assert.deepEqual(buffer.push(packets[5] as MediaPacket, 134), [], 'it comes too late')
  assert.deepEqual(pushAll(buffer, packets.slice(12, 41)), [])
  assert.equal(buffer.wantsKeyFrame, false, 'a key frame is under way')
  assert.deepEqual(numbers(pushAll(buffer, packets.slice(41))), [10, 11])
  assert.deepEqual(buffer.losses, { packets: 1, freezes: 1, damaged: 0 })
})

test('a key frame that already waits behind the gap is shown at once when the gap is given up', () => {
  const buffer = assembler()
  const packets = packetsOf(12)
  pushAll(buffer, packets.slice(0, 37))
  pushAll(
    buffer,
    packets.slice(38, 47).map((packet) => ({ ...packet, arrivedMs: 300 })),
  )
  assert.equal(buffer.wantsKeyFrame, false)
  assert.deepEqual(numbers(buffer.advance(500)), [10])
  assert.deepEqual(numbers(pushAll(buffer, packets.slice(47))), [11])
})

test('what comes before the parameter sets of a key frame belongs to it, unless its start is lost', () => {
  const loose: Depacketizer = {
    assemble: (payloads) => ({ track: videoTrack(), key: true, payload: Uint8Array.of(payloads.length) }),
  }
  const late = packetsOf(2).map((packet) => ({ ...packet, key: packet.payload[1] === 2 }))
  const whole = new FrameAssembler(loose, 'video')
  assert.deepEqual(numbers(pushAll(whole, late.slice(0, 4))), [4])
  const lost = new FrameAssembler(loose, 'video', { latencyMs: 0 })
  assert.deepEqual(numbers(pushAll(lost, [...late.slice(0, 4), ...late.slice(5, 8)])), [4, 2])
})

test('audio goes on without what is lost', () => {
  const plain: Depacketizer = {
    assemble: ([payload = new Uint8Array(0)]) => ({ track: videoTrack(), key: true, payload: payload.subarray(0, 1) }),
  }
  const buffer = new FrameAssembler(plain, 'audio', { latencyMs: 60 })
  const packets = packetsOf(10).filter((_, i) => i % PACKETS_PER_FRAME === 0)
  const audio = packets.map((packet, i) => ({ ...packet, sequence: 65_536 + i, marker: false, key: true }))
  const frames = pushAll(
    buffer,
    audio.filter((_, i) => i !== 3),
  )
  assert.deepEqual(numbers(frames), [0, 1, 2, 4, 5, 6, 7, 8, 9])
  assert.deepEqual([buffer.wantsKeyFrame, buffer.losses.packets], [false, 1])
})

test('a frame that cannot be read stops the picture up to the next key frame', () => {
  const broken: Depacketizer = {
    assemble(payloads) {
      if (payloads[0]?.[0] === 3) throw new FormatError('RTP_TEST', 'broken')
      return numbered.assemble(payloads)
    },
  }
  const buffer = new FrameAssembler(broken, 'video')
  assert.deepEqual(numbers(pushAll(buffer, packetsOf(5))), [0, 1, 2])
  assert.equal(buffer.wantsKeyFrame, true)
  assert.deepEqual(buffer.losses, { packets: 0, freezes: 1, damaged: 1 })
})

test('a publisher that begins again, with numbers of a new source, is followed from its next key frame on', () => {
  const sources = {
    'far away': { sequence: 100_000, timestamp: 77_000_000 },
    'far behind': { sequence: 30_000, timestamp: 77_000_000 },
    'a little behind, of another time': { sequence: 65_530, timestamp: 77_000_000 },
    'a little ahead': { sequence: 65_700, timestamp: 77_000_000 },
  }
  for (const [where, source] of Object.entries(sources)) {
    const buffer = assembler()
    pushAll(buffer, packetsOf(15))
    const frames = pushAll(buffer, packetsOf(30, { ...source, arrivedMs: 600 }))
    assert.deepEqual(numbers(frames), range(0, 30), where)
  }
})

test('sequence numbers and timestamps that wrap on the wire go on', () => {
  const sequences = new SequenceUnwrapper()
  const timestamps = new TimestampUnwrapper()
  const packets = packetsOf(30, { sequence: 0x1_0000 * 4 - 50, timestamp: 2 ** 32 * 5 - 20_000 }).map((packet) => ({
    ...packet,
    sequence: sequences.unwrap(packet.sequence & 0xffff),
    timestamp: timestamps.unwrap(packet.timestamp >>> 0),
  }))
  assert.deepEqual(numbers(playOver({ delayMs: [0, 80] }, packets).frames), range(0, 30))
})

test('a single packet from far away is taken for a mistake', () => {
  const buffer = assembler()
  const packets = packetsOf(10)
  const stray = { ...(packets[3] as MediaPacket), sequence: 900_000 }
  assert.deepEqual(numbers(pushAll(buffer, [...packets.slice(0, 20), stray, ...packets.slice(20)])), range(0, 10))
})

test('what waits is bounded in packets and bytes', () => {
  const packets = packetsOf(100).filter((_, i) => i !== 2)
  const first = assembler({ maxPackets: 50 })
  for (const packet of packets) first.push(packet, 0)
  assert.deepEqual([first.losses.packets, first.losses.freezes], [1, 0], 'not even the first frame was shown')
  const second = assembler({ maxBytes: 100 })
  assert.ok(packets.flatMap((packet) => second.push(packet, 0)).length > 80)
  const endless = packetsOf(1).map((packet) => ({ ...packet, marker: false }))
  const third = assembler({ maxPackets: 50 })
  for (let i = 0; i < 500; i++) third.push({ ...(endless[1] as MediaPacket), key: i === 0, sequence: 65_536 + i }, 0)
  assert.equal(third.wantsKeyFrame, true)
})

test('random packets of every codec throw nothing, and what is kept stays within its bounds', () => {
  const codecs = ['h264', 'hevc', 'av1', 'vp9', 'vp8', 'opus', 'pcmu'] as const
  for (const codec of codecs) {
    const random = new Random(11)
    const own = packetTrack(codec)
    const buffer = new FrameAssembler(createDepacketizer(own), own.kind, { maxPackets: 64, maxBytes: 4096 })
    let sequence = 70_000
    for (let nowMs = 0; nowMs < 5000; nowMs++) {
      sequence += random.int(20) === 0 ? random.int(20_000) - 10_000 : random.int(4) - 1
      const payload = random.bytes(random.int(200))
      const packet = {
        track: own,
        layer: 0,
        sequence,
        timestamp: 5_000_000 + nowMs * 100 + random.int(2) * 3000,
        marker: random.int(3) === 0,
        key: random.int(3) === 0 || isKeyStart(codec, payload),
        payload,
        arrivedMs: nowMs,
      }
      buffer.push(packet, nowMs)
      const { packets, bytes } = buffer.waiting
      assert.ok(packets <= 64 && bytes <= 4096 && (packets > 0 || bytes === 0))
    }
    buffer.advance(1e9)
    assert.equal(buffer.deadlineMs, undefined)
  }
})
