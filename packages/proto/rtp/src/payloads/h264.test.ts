import assert from 'node:assert/strict'
import test from 'node:test'

import { avcConfigOf, h264Track, joinNalus, readAvcConfig, splitNalus, writeAvcConfig } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { Frame } from '@millrace/media'

import { packetTrack } from '../packet-track.test-support.ts'
import { h264Depacketizer, h264Packetizer, isH264KeyStart } from './h264.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

const SPS = '67640028acd940780227e5c04400000fa40003a9803c60c658'
const SMALL_SPS = '6742c00cda05067e7c04400000030040000 00ca3c50aa8'
const PPS = '68ebe3cb22c0'
const OTHER_PPS = '68ebe3cb22c1'
const SEI = '0605010203'
const IDR = '65888011223344'
const SLICE = '419a80112233'
const AUD = '09f0'

/** A packet of several NAL units. */
const stap = (...nalus: string[]): Uint8Array => {
  const parts = nalus.map(hex).flatMap((nalu) => [nalu.length >> 8, nalu.length, ...nalu])
  return Uint8Array.of(0x78, ...parts)
}
const track = h264Track({ id: 1, timescale: 90_000 }, writeAvcConfig(avcConfigOf([hex(SPS)], [hex(PPS)])))
const frame = (key: boolean, ...nalus: string[]): Frame => {
  return { track, dtsTicks: 0, ptsTicks: 0, key, payload: joinNalus(nalus.map(hex)) }
}
const packets = (of: Frame, maxBytes?: number): string[] =>
  h264Packetizer.packetize(of, maxBytes).map(({ payload }) => Buffer.from(payload).toString('hex'))

test('SPS and PPS of the track go before an IDR picture, with its SEI, in one STAP-A; delimiters are left out', () => {
  const [first, ...rest] = packets(frame(true, AUD, SEI, IDR))
  assert.equal(first, Buffer.from(stap(SPS, PPS, SEI)).toString('hex'))
  assert.deepEqual(rest, [IDR])
})

test('a key frame with parameter sets of its own keeps those', () => {
  assert.equal(packets(frame(true, SPS, OTHER_PPS, IDR))[0], Buffer.from(stap(SPS, OTHER_PPS)).toString('hex'))
})

test('other frames go as they are', () => {
  assert.deepEqual(packets(frame(false, AUD, SLICE)), [SLICE])
  assert.deepEqual(packets(frame(false, AUD)), [])
})

test('a slice that is too long is cut into FU-A of nearly one size', () => {
  const nalu = `65${'11223344'.repeat(40)}` // 161 bytes
  const fragments = packets(frame(true, nalu), 64).slice(1)
  assert.deepEqual(
    fragments.map((part) => part.slice(0, 4)),
    ['7c85', '7c05', '7c45'],
  )
  assert.deepEqual(
    fragments.map((part) => part.length / 2),
    [56, 56, 54],
  )
})

test('packets stay as they are when a picture is made of them, also those in a Buffer', () => {
  const nalu = `658880${'11223344'.repeat(40)}`
  const sent = packets(frame(true, nalu), 64)
  const received = sent.map((text) => Buffer.from(text, 'hex'))
  assert.ok(h264Depacketizer(packetTrack('h264')).assemble(received))
  assert.deepEqual(
    received.map((payload) => payload.toString('hex')),
    sent,
  )
})

test('parameter sets come in packets, whatever packets they are', () => {
  for (const start of [
    [stap(SPS, PPS, IDR)],
    [hex(SPS), hex(PPS), hex(IDR)],
    [stap(SPS, PPS), hex('7c8588 80'), hex('7c451122')],
  ]) {
    const assembled = h264Depacketizer(packetTrack('h264')).assemble(start)
    assert.equal(assembled?.key, true)
    assert.deepEqual(assembled.track, track)
    assert.deepEqual(
      splitNalus(assembled.payload).map((nalu) => (nalu[0] ?? 0) & 0x1f),
      [5],
      'they are not in the frame',
    )
  }
})

test('parameter sets come from the description', () => {
  const base64 = [SPS, PPS].map((text) => Buffer.from(hex(text)).toString('base64')).join(',')
  const fmtp = `packetization-mode=1; sprop-parameter-sets=${base64}; profile-level-id=640028`
  assert.deepEqual(h264Depacketizer(packetTrack('h264', { fmtp })).assemble([hex(IDR)])?.track, track)
  const broken = `sprop-parameter-sets=${base64.slice(0, 12)},%%%,Z2QA,,${base64}`
  assert.equal(h264Depacketizer(packetTrack('h264', { fmtp: broken })).assemble([hex(IDR)])?.key, true)
})

test('an IDR picture without the parameter sets it needs is no key frame', () => {
  const depacketizer = h264Depacketizer(packetTrack('h264'))
  assert.equal(depacketizer.assemble([hex(IDR)]), undefined)
  assert.equal(depacketizer.assemble([hex(PPS), hex(IDR)]), undefined)
  assert.equal(depacketizer.assemble([hex(SPS), hex(IDR)])?.key, true)
  // first_mb_in_slice 0, slice type 7, PPS 1
  assert.equal(depacketizer.assemble([hex('658840 1122')])?.key, false)
})

test('the track changes when the parameter sets really do', () => {
  const depacketizer = h264Depacketizer(packetTrack('h264'))
  const first = depacketizer.assemble([stap(SPS, PPS), hex(IDR)])?.track
  assert.equal(depacketizer.assemble([stap(SPS, PPS), hex(IDR)])?.track, first)
  assert.equal(depacketizer.assemble([hex(SLICE)])?.track, first)
  const second = depacketizer.assemble([stap(SMALL_SPS, PPS), hex(IDR)])?.track
  assert.ok(second?.kind === 'video' && first?.kind === 'video')
  assert.deepEqual([first.width, first.height, second.width, second.height], [1920, 1080, 320, 180])
  assert.deepEqual(readAvcConfig(second.config).sps, [hex(SMALL_SPS)])
})

test('parameter sets that cannot be read are not kept', () => {
  const depacketizer = h264Depacketizer(packetTrack('h264'))
  assert.throws(() => depacketizer.assemble([stap('6764002880', PPS), hex(IDR)]))
  assert.equal(depacketizer.assemble([stap(SPS, PPS), hex(IDR)])?.key, true)
  assert.throws(() => depacketizer.assemble([hex(`67${'64'.repeat(5000)}`)]), coded('RTP_PARAMETER_SET'))
})

test('packets without a picture make no frame', () => {
  assert.equal(h264Depacketizer(packetTrack('h264')).assemble([stap(SPS, PPS), hex(SEI)]), undefined)
})

test('a recovery point with parameter sets is a key frame', () => {
  const unit = [stap(SPS, PPS, '060601c480'), hex(SLICE)]
  assert.equal(h264Depacketizer(packetTrack('h264')).assemble(unit)?.key, true)
})

test('fragments that do not follow each other, and packets of other modes, are refused', () => {
  const read =
    (...list: string[]) =>
    () =>
      h264Depacketizer(packetTrack('h264')).assemble(list.map(hex))
  assert.throws(read('7c0511'), coded('RTP_NALU_FRAGMENT'))
  assert.throws(read('7c8511'), coded('RTP_NALU_FRAGMENT'))
  assert.throws(read('7c8511', SLICE), coded('RTP_NALU_FRAGMENT'))
  assert.throws(read('7c8511', '7c8511'), coded('RTP_NALU_FRAGMENT'))
  assert.throws(read('7c'), coded('RTP_PAYLOAD_SHORT'))
  assert.throws(read('780009 41'), coded('RTP_PAYLOAD_SHORT'))
  assert.throws(read('790000'), coded('RTP_NALU_TYPE'))
  assert.throws(read(`78${'00024111'.repeat(5000)}`), coded('RTP_NALU_COUNT'))
})

test('a key frame starts with its SPS or its first slice', () => {
  const starts = [hex(SPS), stap(SPS, PPS), stap(AUD, SPS), hex(IDR), hex('7c8588'), stap(SEI, IDR)]
  for (const payload of starts) assert.equal(isH264KeyStart(payload), true)
  const others = [
    hex(PPS),
    hex(SEI),
    hex(SLICE),
    hex('654880'),
    hex('7c8508'),
    hex('7c0588'),
    hex('7c45'),
    stap(SEI, SLICE),
    hex(''),
  ]
  for (const payload of others) assert.equal(isH264KeyStart(payload), false)
})
