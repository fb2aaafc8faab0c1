import assert from 'node:assert/strict'
import test from 'node:test'

import { splitVp9Superframe } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { VideoTrack } from '@millrace/media'

import { packetTrack } from '../packet-track.test-support.ts'
import { isVp9KeyStart, Vp9Depacketizer, Vp9Packetizer } from './vp9.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

const KEY = '824983420013f00b301122334455667788' // profile 0, 320×180
const DELTA = '86001122'
const UPPER = '86003344'
const track = (): VideoTrack => {
  const assembled = new Vp9Depacketizer(packetTrack('vp9')).assemble([hex(`0c${KEY}`)])
  assert.ok(assembled?.track.kind === 'video')
  return assembled.track
}
const frame = (payload: string, key: boolean) => ({
  track: track(),
  dtsTicks: 0,
  ptsTicks: 0,
  key,
  payload: hex(payload),
})

test('each frame has the next picture id, start and end are marked, and key frames tell their size', () => {
  const packetizer = new Vp9Packetizer()
  const packets = (payload: string, key: boolean): string[] =>
    packetizer.packetize(frame(payload, key), 20).map((packet) => Buffer.from(packet.payload).toString('hex'))
  assert.deepEqual(
    packets(KEY, true),
    [`8a8000 10014000b4 ${KEY.slice(0, 18)}`, `848000${KEY.slice(18)}`].map((text) => text.replaceAll(' ', '')),
  )
  assert.deepEqual(packets('', false), [])
  assert.deepEqual(packets(DELTA, false), [`cc8001${DELTA}`])
})

test('descriptors of both modes are read', () => {
  const plain = ['0c', '8c05', '8c8005', 'ac800500 01', 'bc800500', '2c0007', '3c00']
  const structures = ['0e00', '0e10014000b4', '0e08 02 04 05 08 01 02', '0e18014000b4 01 00', '8e8005 08 00']
  for (const descriptor of [...plain, ...structures]) {
    const assembled = new Vp9Depacketizer(packetTrack('vp9')).assemble([hex(descriptor + KEY)])
    assert.deepEqual(assembled, { track: track(), key: true, payload: hex(KEY) }, descriptor)
    assert.equal(isVp9KeyStart(hex(descriptor + KEY)), true, descriptor)
  }
  const depacketizer = new Vp9Depacketizer(packetTrack('vp9'))
  depacketizer.assemble([hex(`0c${KEY}`)])
  // references of flexible mode: one, two, three
  for (const descriptor of ['4c', 'dc8005 02', 'dc8005 0304', 'fc800500 030506']) {
    assert.deepEqual(depacketizer.assemble([hex(descriptor + DELTA)])?.payload, hex(DELTA), descriptor)
    assert.equal(isVp9KeyStart(hex(descriptor + DELTA)), false)
  }
})

test('the spatial layers of a picture become one superframe, with the size of the highest', () => {
  const depacketizer = new Vp9Depacketizer(packetTrack('vp9'))
  // two layers, in two and one packets: 320×180 and 640×360
  const structure = '30 0140 00b4 0280 0168'
  const lower = [hex(`aa8001 00 00 ${structure} ${KEY.slice(0, 20)}`), hex(`a48001 00 00 ${KEY.slice(20)}`)]
  const picture = depacketizer.assemble([...lower, hex(`ac8001 03 00 ${UPPER}`)])
  assert.equal(picture?.key, true)
  assert.deepEqual(splitVp9Superframe(picture.payload), [hex(KEY), hex(UPPER)])
  assert.ok(picture.track.kind === 'video')
  assert.deepEqual([picture.track.width, picture.track.height, picture.track.codecString], [640, 360, 'vp09.00.21.08'])
  const next = depacketizer.assemble([hex(`ec8002 00 01 ${DELTA}`), hex(`ec8002 03 01 ${UPPER}`)])
  assert.equal(next?.key, false)
  assert.equal(next.track, picture.track)
  assert.deepEqual(splitVp9Superframe(next.payload), [hex(DELTA), hex(UPPER)])
})

test('a superframe of one layer stays as it is; as a layer its frames come into the one of the picture', () => {
  const superframe = '86001122 86001133 c9 0400 0400 c9'
  const depacketizer = new Vp9Depacketizer(packetTrack('vp9'))
  depacketizer.assemble([hex(`0c${KEY}`)])
  assert.deepEqual(depacketizer.assemble([hex(`4c${superframe}`)])?.payload, hex(superframe))
  const layered = depacketizer.assemble([hex(`4c${superframe}`), hex(`4c${UPPER}`)])
  assert.deepEqual(splitVp9Superframe(layered?.payload ?? hex('')), [hex('86001122'), hex('86001133'), hex(UPPER)])
})

test('frames that begin in their middle, with too many layers or references, are refused', () => {
  const read =
    (...list: string[]) =>
    () =>
      new Vp9Depacketizer(packetTrack('vp9')).assemble(list.map(hex))
  assert.throws(read(`04${KEY}`), coded('RTP_VP9_START'))
  assert.throws(read(`0c${KEY}`, `04${KEY}`), coded('RTP_VP9_START'))
  assert.throws(read(...Array.from({ length: 9 }, () => `0c${KEY}`)), coded('VP9_SUPERFRAME'))
  assert.throws(read(`5c 03 03 03 02 ${DELTA}`), coded('RTP_VP9_REFERENCES'))
  for (const short of ['0c', '8c80', '0e18', '0e08ff04', '5c']) assert.throws(read(short), coded('RTP_PAYLOAD_SHORT'))
})

test('a key frame does not start with a higher layer, a later packet or one with references', () => {
  for (const payload of ['', `04${KEY}`, `4c${KEY}`, `ac80050301${KEY}`, `2c0207${KEY}`]) {
    assert.equal(isVp9KeyStart(hex(payload)), false, payload)
  }
})
