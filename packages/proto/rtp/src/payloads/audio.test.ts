import assert from 'node:assert/strict'
import test from 'node:test'

import { g711Track, opusTrack, plainOpusHead, readOpusHead, writeOpusHead } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { AudioTrack } from '@millrace/media'

import { packetTrack } from '../packet-track.test-support.ts'
import { G711Depacketizer, g711Packetizer } from './g711.ts'
import { OpusDepacketizer, opusPacketizer } from './opus.ts'

const MONO = Uint8Array.of(0xf8, 1, 2, 3)
const STEREO = Uint8Array.of(0xfc, 1, 2, 3)
const frame = (track: AudioTrack, payload: Uint8Array) => ({ track, dtsTicks: 0, ptsTicks: 0, key: true, payload })

function opusChannels(fmtp: string, ...payloads: Uint8Array[]): number[] {
  const depacketizer = new OpusDepacketizer(packetTrack('opus', { fmtp }))
  return payloads.map((payload) => {
    const assembled = depacketizer.assemble([payload])
    assert.ok(assembled?.track.kind === 'audio')
    assert.equal(readOpusHead(assembled.track.config).channels, assembled.track.channels)
    return assembled.track.channels
  })
}

test('Opus is stereo by its format parameters, or from the first packet that is', () => {
  assert.deepEqual(opusChannels('minptime=10;useinbandfec=1', MONO, STEREO, MONO), [1, 2, 2])
  assert.deepEqual(opusChannels('minptime=10; stereo=1', MONO), [2])
  assert.deepEqual(opusChannels('sprop-stereo=1', MONO), [2])
  assert.deepEqual(opusChannels('stereo=0;sprop-stereo=0', MONO), [1])
})

test('an Opus packet is a payload', () => {
  const track = opusTrack({ id: 2, timescale: 48_000 }, writeOpusHead(plainOpusHead(2)))
  assert.deepEqual(opusPacketizer.packetize(frame(track, STEREO)), [{ payload: STEREO, marker: false, offsetTicks: 0 }])
  assert.deepEqual(opusPacketizer.packetize(frame(track, new Uint8Array(0))), [])
})

test('an Opus packet of no or too much time is refused', () => {
  const depacketizer = new OpusDepacketizer(packetTrack('opus'))
  assert.throws(() => depacketizer.assemble([Uint8Array.of(0xfb, 0)]), FormatError)
  assert.throws(() => depacketizer.assemble([Uint8Array.of(0xfb, 63)]), FormatError)
})

test('G.711 of any length is cut between samples, and later parts are later', () => {
  const payload = Uint8Array.from({ length: 1003 }, (_, i) => i)
  const mono = g711Packetizer.packetize(frame(g711Track({ id: 2, timescale: 8000 }, 'pcmu', 1), payload), 400)
  assert.deepEqual(
    mono.map((packet) => [packet.payload.length, packet.offsetTicks]),
    [
      [335, 0],
      [335, 335],
      [333, 670],
    ],
  )
  const stereo = g711Packetizer.packetize(
    frame(g711Track({ id: 2, timescale: 8000 }, 'pcmu', 2), payload.subarray(3)),
    401,
  )
  assert.deepEqual(
    stereo.map((packet) => [packet.payload.length, packet.offsetTicks]),
    [
      [334, 0],
      [334, 167],
      [332, 334],
    ],
  )
})

test('G.711 comes on a track of its law', () => {
  const assembled = new G711Depacketizer(packetTrack('pcma'), 'pcma').assemble([MONO])
  assert.deepEqual(assembled, { track: g711Track({ id: 1, timescale: 8000 }, 'pcma', 1), key: true, payload: MONO })
})
