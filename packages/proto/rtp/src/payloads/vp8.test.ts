import assert from 'node:assert/strict'
import test from 'node:test'

import { vp8Track } from '@millrace/codecs'
import { FormatError } from '@millrace/core'

import { packetTrack } from '../packet-track.test-support.ts'
import { isVp8KeyStart, Vp8Depacketizer, Vp8Packetizer } from './vp8.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

const KEY = '5068009d012a4001b4001122334455667788'
const DELTA = '5101001122'
const identity = { id: 1, timescale: 90_000 }
const track = vp8Track(identity, { width: 320, height: 180 })
const frame = (payload: string) => ({ track, dtsTicks: 0, ptsTicks: 0, key: false, payload: hex(payload) })

test('each frame has the next picture id, and only its first packet the start of a partition', () => {
  const packetizer = new Vp8Packetizer()
  const heads = (payload: string): string[] =>
    packetizer.packetize(frame(payload), 14).map((packet) => Buffer.from(packet.payload).toString('hex').slice(0, 8))
  assert.deepEqual(heads(KEY), ['90808000', '80808000'])
  assert.deepEqual(heads(''), [])
  assert.deepEqual(heads(DELTA), ['90808001'])
  for (let i = 2; i < 0x8000; i++) packetizer.packetize(frame(DELTA))
  assert.deepEqual(heads(DELTA), ['90808000'])
})

test('descriptors of every length are read', () => {
  for (const descriptor of [
    '10',
    '9000',
    '908011',
    '90809234',
    '90c0923405',
    '90f092340566',
    '904005',
    '90200b',
    '901003',
  ]) {
    const depacketizer = new Vp8Depacketizer(packetTrack('vp8'))
    const assembled = depacketizer.assemble([hex(descriptor + KEY), hex('00aabb')])
    assert.deepEqual(assembled, { track, key: true, payload: hex(`${KEY}aabb`) }, descriptor)
    assert.equal(isVp8KeyStart(hex(descriptor + KEY)), true)
    assert.equal(isVp8KeyStart(hex(descriptor + DELTA)), false)
  }
})

test('the track is that of the last key frame', () => {
  const depacketizer = new Vp8Depacketizer(packetTrack('vp8'))
  assert.equal(depacketizer.assemble([hex(`10${DELTA}`)]), undefined)
  const first = depacketizer.assemble([hex(`10${KEY}`)])?.track
  assert.equal(depacketizer.assemble([hex(`10${DELTA}`)])?.track, first)
  assert.equal(depacketizer.assemble([hex(`10${KEY}`)])?.track, first)
  const second = depacketizer.assemble([hex('105068009d012a8002680111')])?.track
  assert.deepEqual(second, vp8Track(identity, { width: 640, height: 360 }))
})

test('frames without their start, or with two, are refused', () => {
  const read =
    (...list: string[]) =>
    () =>
      new Vp8Depacketizer(packetTrack('vp8')).assemble(list.map(hex))
  assert.throws(read(`00${KEY}`), coded('RTP_VP8_START'))
  assert.throws(read(`11${KEY}`), coded('RTP_VP8_START'))
  assert.throws(read(`10${KEY}`, `10${KEY}`), coded('RTP_VP8_START'))
  assert.throws(read('9080'), coded('RTP_PAYLOAD_SHORT'))
  assert.throws(read('10500000000000'), coded('VP8_SYNC'))
  for (const payload of ['', '00', '10', '9080', `00${KEY}`, `11${KEY}`])
    assert.equal(isVp8KeyStart(hex(payload)), false)
})
