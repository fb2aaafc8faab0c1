import assert from 'node:assert/strict'
import test from 'node:test'

import { av1Track } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { Frame } from '@millrace/media'

import { packetTrack } from '../packet-track.test-support.ts'
import { Av1Depacketizer, av1Packetizer, isAv1KeyStart } from './av1.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

const HEADER = '0000 00043ea7bcdaf93010101a'
const SIZED_HEADER = `0a0d ${HEADER}`
const track = av1Track({ id: 1, timescale: 90_000 }, hex(`81001c00 ${SIZED_HEADER}`))
const frame = (key: boolean, payload: string): Frame => ({
  track,
  dtsTicks: 0,
  ptsTicks: 0,
  key,
  payload: hex(payload),
})
const packets = (of: Frame, maxBytes?: number): string[] =>
  av1Packetizer.packetize(of, maxBytes).map(({ payload }) => Buffer.from(payload).toString('hex'))
const same = (...texts: string[]): string[] => texts.map((text) => text.replaceAll(' ', ''))
const started = (): Av1Depacketizer => {
  const depacketizer = new Av1Depacketizer(packetTrack('av1'))
  depacketizer.assemble([hex(`28 0e08 ${HEADER} 30101122`)])
  return depacketizer
}

test('OBUs go without sizes, temporal delimiters and padding; a key frame starts a sequence', () => {
  const unit = `1200 ${SIZED_HEADER} 3204 10112233 7a020000`
  assert.deepEqual(packets(frame(true, unit)), same(`28 0e08 ${HEADER} 3010112233`))
  assert.deepEqual(packets(frame(false, '1200 3204 30112233')), same('10 3030112233'))
})

test('a key frame without its sequence header gets that of the track', () => {
  assert.deepEqual(packets(frame(true, '3204 10112233')), same(`28 0e08 ${HEADER} 3010112233`))
})

test('four OBUs take two packets, and a long one is cut', () => {
  assert.deepEqual(packets(frame(false, '2201aa 2201bb 2201cc 2201dd')), same('30 0220aa 0220bb 20cc', '10 20dd'))
  const long = packets(frame(false, `32a001 30${'11'.repeat(159)}`), 64)
  assert.deepEqual(
    long.map((packet) => [packet.slice(0, 2), packet.length / 2]),
    [
      ['50', 64],
      ['d0', 64],
      ['90', 36],
    ],
  )
})

test('OBUs come with or without lengths and sizes, whole or in parts, and get sizes', () => {
  const wanted = hex(`${SIZED_HEADER} 3204 10112233`)
  const forms = [
    [`28 0e08 ${HEADER} 3010112233`],
    [`08 0e08 ${HEADER} 05 3010112233`],
    [`28 0f0a0d ${HEADER} 320410112233`],
    [`38 02 1200 0e08 ${HEADER} 3010112233`],
    [`18 08 ${HEADER}`, '10 3010112233'],
    [`68 0e08 ${HEADER} 3010`, 'd0 11', '90 2233'],
    [`48 0e08 ${HEADER} 01 30`, '80 04 10112233'],
  ]
  for (const form of forms) {
    const assembled = new Av1Depacketizer(packetTrack('av1')).assemble(form.map(hex))
    assert.deepEqual(assembled, { track, key: true, payload: wanted }, form.join(' '))
    assert.deepEqual(form.map((payload) => isAv1KeyStart(hex(payload))).lastIndexOf(true), 0)
  }
})

test('extensions of layers stay', () => {
  assert.deepEqual(started().assemble([hex('10 34 20 30112233')])?.payload, hex('36 20 04 30112233'))
})

test('the track changes with the sequence header', () => {
  const depacketizer = new Av1Depacketizer(packetTrack('av1'))
  assert.equal(depacketizer.assemble([hex('10 30301122')]), undefined)
  const first = depacketizer.assemble([hex(`28 0e08 ${HEADER} 30101122`)])?.track
  assert.equal(depacketizer.assemble([hex('10 30301122')])?.track, first)
  assert.equal(depacketizer.assemble([hex(`28 0e08 ${HEADER} 30101122`)])?.track, first)
  const other = HEADER.replace('a7bc', 'a7b0')
  assert.notEqual(depacketizer.assemble([hex(`28 0e08 ${other} 30101122`)])?.track, first)
})

test('packets without a picture make no frame', () => {
  assert.equal(started().assemble([hex(`18 08 ${HEADER}`)]), undefined)
})

test('parts that do not follow each other, and lengths past the end, are refused', () => {
  const read =
    (...list: string[]) =>
    () =>
      new Av1Depacketizer(packetTrack('av1')).assemble(list.map(hex))
  assert.throws(read('90 3010'), coded('RTP_AV1_FRAGMENT'))
  assert.throws(read('50 3010'), coded('RTP_AV1_FRAGMENT'))
  assert.throws(read('50 3010', '10 3010'), coded('RTP_AV1_FRAGMENT'))
  assert.throws(read('00 09 3010'), coded('RTP_PAYLOAD_SHORT'))
  assert.throws(read('20 023010'), coded('RTP_AV1_ELEMENTS'))
  assert.throws(read('10'), coded('RTP_AV1_ELEMENTS'))
  assert.throws(read('00 ffffffffffffffffff'), coded('AV1_LEB128'))
  assert.throws(read('10 32ff10'), coded('AV1_OBU_SIZE'))
  assert.throws(read(`00 ${'0130'.repeat(5000)}`), coded('RTP_AV1_COUNT'))
})
