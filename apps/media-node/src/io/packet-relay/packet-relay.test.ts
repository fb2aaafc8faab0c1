import assert from 'node:assert/strict'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import type { PacketTrack } from '@millrace/media'
import { mutations, onlyCoded, splits } from '@millrace/testkit'

import type { PacketRelayMessage } from './messages.ts'
import { PacketRelayReader } from './reader.ts'
import { writePacketRelayMessage } from './writer.ts'

const VIDEO: PacketTrack = {
  id: 1,
  kind: 'video',
  codec: 'h264',
  clockRate: 90_000,
  channels: 0,
  fmtp: 'packetization-mode=1;profile-level-id=42e01f',
  layers: [{ rid: 'q' }, { rid: 'h' }, { rid: 'f' }],
}
const AUDIO: PacketTrack = {
  id: 2,
  kind: 'audio',
  codec: 'opus',
  clockRate: 48_000,
  channels: 2,
  fmtp: '',
  layers: [{ rid: '' }],
}
const MESSAGES: readonly PacketRelayMessage[] = [
  { type: 'tracks', tracks: [VIDEO, AUDIO] },
  { type: 'clock', track: 0, layer: 2, timestamp: 2 ** 33 + 5, wallMs: 1_700_000_000_000.25 },
  {
    type: 'packet',
    track: 0,
    layer: 2,
    marker: true,
    key: false,
    sequence: 65_536,
    timestamp: 2 ** 40 + 1,
    payload: new Uint8Array(1200).fill(3),
  },
  {
    type: 'packet',
    track: 1,
    layer: 0,
    marker: false,
    key: true,
    sequence: 2 ** 45,
    timestamp: 0,
    payload: new Uint8Array(0),
  },
  { type: 'alive' },
  { type: 'key-frame', track: 0, layer: 1 },
]

const wire = concatBytes(MESSAGES.map(writePacketRelayMessage))

const readAll = (chunks: Iterable<Uint8Array>): PacketRelayMessage[] => {
  const reader = new PacketRelayReader()
  return [...chunks].flatMap((chunk) => reader.push(chunk))
}

test('what one node writes another reads, however it is cut', () => {
  for (const chunks of splits(wire)) assert.deepEqual(readAll(chunks), MESSAGES)
})

test('a packet on the wire: golden bytes', () => {
  const bytes = writePacketRelayMessage({
    type: 'packet',
    track: 1,
    layer: 2,
    marker: true,
    key: true,
    sequence: 2 ** 32 + 3,
    timestamp: 4,
    payload: Uint8Array.of(0xaa, 0xbb),
  })
  assert.equal(
    Buffer.from(bytes).toString('hex'),
    '001502010203000000010000000300000000 00000004aabb'.replaceAll(' ', ''),
  )
})

test('messages of unknown type are skipped', () => {
  const unknown = Uint8Array.of(0, 2, 99, 1, 1)
  assert.deepEqual(readAll([unknown, wire]), MESSAGES)
})

test('tracks that can be none are refused', () => {
  const code = (tracks: readonly PacketTrack[]): string | undefined =>
    onlyCoded(() => readAll([writePacketRelayMessage({ type: 'tracks', tracks })]))?.code
  assert.equal(code([VIDEO]), undefined)
  for (const tracks of [
    [],
    [VIDEO, VIDEO],
    [{ ...VIDEO, codec: 'toString' as 'h264' }],
    [{ ...VIDEO, clockRate: 0 }],
    [{ ...VIDEO, layers: [] }],
    [{ ...VIDEO, layers: Array.from({ length: 17 }, () => ({ rid: 'x' })) }],
  ])
    assert.equal(code(tracks), 'RELAY_TRACKS_INVALID')
  const clock = writePacketRelayMessage({ type: 'clock', track: 0, layer: 0, timestamp: 1, wallMs: Number.NaN })
  assert.equal(onlyCoded(() => readAll([clock]))?.code, 'RELAY_CLOCK_INVALID')
})

test('truncated or mutated, throws coded errors only', () => {
  for (let length = 0; length < wire.length; length++) readAll([wire.subarray(0, length)])
  for (const bad of mutations(wire, 1000)) onlyCoded(() => readAll([bad]))
})
