import assert from 'node:assert/strict'
import test from 'node:test'

import { hevcConfigOf, hevcTrack, joinNalus, splitNalus, writeHevcConfig } from '@millrace/codecs'
import { FormatError } from '@millrace/core'
import type { Frame } from '@millrace/media'

import { packetTrack } from '../packet-track.test-support.ts'
import { hevcDepacketizer, hevcPacketizer, isHevcKeyStart } from './hevc.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

const VPS = '40010c01ffff022000000300900000030000030078959809'
const SPS = '420101022000000300900000030000030078a003c08010e4d96566924caf01680800001f480003a98040'
const PPS = '4401c172b46240'
const SEI = '4e01050102'
const IDR = '2601af112233'
const SLICE = '0201d0112233'
const AUD = '460150'

/** A packet of several NAL units. */
const ap = (...nalus: string[]): Uint8Array => {
  const parts = nalus.map(hex).flatMap((nalu) => [nalu.length >> 8, nalu.length, ...nalu])
  return Uint8Array.of(0x60, 0x01, ...parts)
}
const config = writeHevcConfig(hevcConfigOf([hex(VPS)], [hex(SPS)], [hex(PPS)]))
const track = hevcTrack({ id: 1, timescale: 90_000 }, config)
const frame = (key: boolean, ...nalus: string[]): Frame => {
  return { track, dtsTicks: 0, ptsTicks: 0, key, payload: joinNalus(nalus.map(hex)) }
}
const packets = (of: Frame, maxBytes?: number): string[] =>
  hevcPacketizer.packetize(of, maxBytes).map(({ payload }) => Buffer.from(payload).toString('hex'))

test('the parameter sets of the track go before a key frame, with its SEI, in one packet; delimiters are left out', () => {
  const [first, ...rest] = packets(frame(true, AUD, SEI, IDR))
  assert.equal(first, Buffer.from(ap(VPS, SPS, PPS, SEI)).toString('hex'))
  assert.deepEqual(rest, [IDR])
  assert.deepEqual(packets(frame(false, AUD, SLICE)), [SLICE])
})

test('a slice that is too long is cut into fragmentation units', () => {
  const fragments = packets(frame(false, `0201${'1122'.repeat(80)}`), 64)
  assert.deepEqual(
    fragments.map((part) => part.slice(0, 6)),
    ['620181', '620101', '620141'],
  )
})

test('parameter sets come in packets or from the description', () => {
  const base64 = (text: string): string => Buffer.from(hex(text)).toString('base64')
  const fmtp = `sprop-vps=${base64(VPS)}; sprop-sps=${base64(SPS)}; sprop-pps=${base64(PPS)}`
  const described = hevcDepacketizer(packetTrack('hevc', { fmtp })).assemble([hex(IDR)])
  const depacketizer = hevcDepacketizer(packetTrack('hevc'))
  assert.equal(depacketizer.assemble([hex(IDR)]), undefined)
  assert.equal(depacketizer.assemble([hex(SPS), hex(PPS), hex(IDR)]), undefined)
  const sent = depacketizer.assemble([ap(VPS, SPS, PPS), hex('620193af'), hex('6201531122')])
  for (const assembled of [described, sent]) {
    assert.equal(assembled?.key, true)
    assert.deepEqual(assembled.track, track)
  }
  assert.deepEqual(splitNalus(sent?.payload ?? new Uint8Array(0)), [hex('2601af1122')])
  assert.equal(depacketizer.assemble([ap(VPS, SPS, PPS), hex(IDR)])?.track, sent?.track, 'the same track')
})

test('fragments that do not follow each other, and packets of other kinds, are refused', () => {
  const read =
    (...list: string[]) =>
    () =>
      hevcDepacketizer(packetTrack('hevc')).assemble(list.map(hex))
  assert.throws(read('62011311'), coded('RTP_NALU_FRAGMENT'))
  assert.throws(read('62019311'), coded('RTP_NALU_FRAGMENT'))
  assert.throws(read('6201'), coded('RTP_PAYLOAD_SHORT'))
  assert.throws(read('6001 0009 02'), coded('RTP_PAYLOAD_SHORT'))
  assert.throws(read('64010000'), coded('RTP_NALU_TYPE'))
})

test('a key frame starts with its VPS, SPS or first slice', () => {
  for (const payload of [hex(VPS), hex(SPS), ap(VPS, SPS, PPS), hex(IDR), hex('2a01af'), hex('620193af')]) {
    assert.equal(isHevcKeyStart(payload), true)
  }
  for (const payload of [hex(PPS), hex(SEI), hex(SLICE), hex('26012f'), hex('6201132f'), hex('62'), hex('')]) {
    assert.equal(isHevcKeyStart(payload), false)
  }
})
