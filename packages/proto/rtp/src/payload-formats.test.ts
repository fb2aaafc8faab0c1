import assert from 'node:assert/strict'
import test from 'node:test'

import { joinNalus } from '@millrace/codecs'
import * as codecs from '@millrace/codecs'
import type { Codec, Frame, Track } from '@millrace/media'
import { mutations, onlyCoded, Random } from '@millrace/testkit'

import { packetTrack } from './packet-track.test-support.ts'
import { createDepacketizer, createPacketizer, isKeyStart } from './payload-formats.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const random = new Random(3)
/** Bytes in which no start code can be. */
const coded = (length: number): Uint8Array => random.bytes(length).map((byte) => byte | 1)
const headed = (head: string, length: number): Uint8Array => Uint8Array.from([...hex(head), ...coded(length)])

const identity = { id: 1, timescale: 90_000 }
const AVC_SPS = hex('67640028acd940780227e5c04400000fa40003a9803c60c658')
const AVC_PPS = hex('68ebe3cb22c0')
const HEVC_VPS = hex('40010c01ffff022000000300900000030000030078959809')
const HEVC_SPS = hex('420101022000000300900000030000030078a003c08010e4d96566924caf01680800001f480003a98040')
const HEVC_PPS = hex('4401c172b46240')
const AV1_HEADER = hex('0a0d000000043ea7bcdaf93010101a')
const VP9_KEY = '824983420013f00b30' // profile 0, 320×180
const VP8_KEY = '5068009d012a4001b400'

const tracks: Record<string, Track> = {
  h264: codecs.h264Track(identity, codecs.writeAvcConfig(codecs.avcConfigOf([AVC_SPS], [AVC_PPS]))),
  hevc: codecs.hevcTrack(identity, codecs.writeHevcConfig(codecs.hevcConfigOf([HEVC_VPS], [HEVC_SPS], [HEVC_PPS]))),
  av1: codecs.av1Track(identity, Uint8Array.from([0x81, 0, 0x1c, 0, ...AV1_HEADER])),
  vp9: codecs.vp9Track(identity, hex('01000000000b820202020000'), { width: 320, height: 180 }),
  vp8: codecs.vp8Track(identity, { width: 320, height: 180 }),
  opus: codecs.opusTrack({ id: 1, timescale: 48_000 }, codecs.writeOpusHead(codecs.plainOpusHead(1))),
  pcma: codecs.g711Track({ id: 1, timescale: 8000 }, 'pcma', 1),
}

const obu = (head: string, length: number): Uint8Array => {
  const body = headed(head, length)
  return Uint8Array.from([0x32, ...codecs.writeLeb128(body.length), ...body])
}

/** A key frame and one that is none, as `Frame.payload`. */
const payloads: Record<string, [key: Uint8Array, delta: Uint8Array]> = {
  h264: [
    joinNalus([headed('0605', 40), headed('658880', 5000), headed('654880', 300)]),
    joinNalus([headed('419a80', 2000)]),
  ],
  hevc: [joinNalus([headed('4e01', 40), headed('2601af', 5000)]), joinNalus([headed('0201d0', 2000)])],
  av1: [Uint8Array.from([...AV1_HEADER, ...obu('10', 5000)]), obu('30', 2000)],
  vp9: [headed(VP9_KEY, 5000), headed('86', 2000)],
  vp8: [headed(VP8_KEY, 5000), headed('51', 2000)],
  opus: [headed('f8', 80), headed('f8', 90)],
  pcma: [coded(160), coded(160)],
}

const frameOf = (codec: string, payload: Uint8Array, key: boolean): Frame => {
  const track = tracks[codec]
  assert.ok(track)
  return { track, dtsTicks: 0, ptsTicks: 0, key, payload }
}

for (const [name, [key, delta]] of Object.entries(payloads)) {
  const codec = name as Codec
  test(`${codec}: frames that are cut into payloads come back as they were, on a track of the same configuration`, () => {
    for (const maxBytes of [200, 333, 1188, 9000]) {
      const packetizer = createPacketizer(codec)
      const depacketizer = createDepacketizer(packetTrack(codec))
      const results = [key, delta, key].map((payload) => {
        const packets = packetizer.packetize(frameOf(codec, payload, payload === key), maxBytes)
        assert.ok(packets.every((packet) => packet.payload.length <= maxBytes))
        const video = packetTrack(codec).kind === 'video'
        assert.deepEqual(packets.map(({ marker }) => marker).lastIndexOf(true), video ? packets.length - 1 : -1)
        const starts = packets.map((packet) => isKeyStart(codec, packet.payload))
        assert.equal(starts[0], payload === key || !video)
        assert.ok(video ? !starts.includes(true, 2) : !starts.includes(false))
        const frame = depacketizer.assemble(packets.map((packet) => packet.payload))
        assert.deepEqual(frame?.payload, payload)
        assert.equal(frame?.key, payload === key || !video)
        return frame?.track
      })
      assert.equal(results[0], results[2], 'one track')
      assert.deepEqual(results[0], tracks[codec])
    }
  })

  test(`${codec}: cut off, changed or random payloads throw coded errors only`, () => {
    const packets = createPacketizer(codec).packetize(frameOf(codec, key, true), 300)
    const whole = packets.map(({ payload }) => payload).slice(0, 4)
    const depacketizer = createDepacketizer(packetTrack(codec))
    const read = (list: Uint8Array[]): void => {
      for (const payload of list) isKeyStart(codec, payload)
      onlyCoded(() => void depacketizer.assemble(list.filter(({ length }) => length > 0)))
    }
    whole.forEach((payload, i) => {
      for (let length = 0; length < payload.length; length++) read(whole.with(i, payload.subarray(0, length)))
      for (const bad of mutations(payload.subarray(0, 60), 300)) read(whole.with(i, bad))
    })
    for (let i = 0; i < 3000; i++) read([random.bytes(random.int(60)), random.bytes(random.int(60))])
  })
}
