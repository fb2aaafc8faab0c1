import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'

import { joinNalus } from '../nalu.ts'
import { hevcTrack } from '../tracks.ts'
import { hevcConfigOf, hevcParameterSets, readHevcConfig, writeHevcConfig } from './config.ts'
import { HEVC_NALU, isHevcKey } from './nalu.ts'
import { hevcCodecString } from './profile.ts'
import { readHevcSps } from './sps.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

const VPS = '40010c01ffff022000000300900000030000030078959809'
const SPS = '420101022000000300900000030000030078a003c08010e4d96566924caf01680800001f480003a98040'
const PPS = '4401c172b46240'

test('SPS: 1080p of 10 bits, cropped from 1088 lines', () => {
  const info = readHevcSps(hex(SPS))
  assert.deepEqual([info.width, info.height, info.bitDepthLuma, info.chromaFormat], [1920, 1080, 10, 1])
  assert.equal(info.frameRate, 30_000 / 1001)
  assert.equal(hevcCodecString(info), 'hvc1.2.4.L120.90')
})

test('SPS: 4:4:4 with scaling lists', () => {
  const info = readHevcSps(hex('4201010408000003009e0800000300003f9001b101e39fcb2b349272bc05a020000003002000000641'))
  assert.deepEqual([info.width, info.height, info.chromaFormat, info.frameRate], [426, 240, 3, 50])
  assert.equal(hevcCodecString(info), 'hvc1.4.10.L63.9e.8')
})

test('an SPS that is cut off behind the bit depths still tells the size', () => {
  const { width, height, frameRate } = readHevcSps(hex(SPS).subarray(0, 26))
  assert.deepEqual([width, height, frameRate], [1920, 1080, 0])
})

test('hvcC: made from parameter sets, written and read alike', () => {
  const config = hevcConfigOf([hex(VPS)], [hex(SPS)], [hex(PPS)])
  const bytes = writeHevcConfig(config)
  assert.deepEqual(bytes.subarray(0, 23), hex('01 02 20000000 900000000000 78 f000 fc fd fa fa 1df8 0f 03'))
  const read = readHevcConfig(bytes)
  assert.deepEqual(read, config)
  assert.deepEqual(hevcParameterSets(read, HEVC_NALU.pps), [hex(PPS)])
  const track = hevcTrack({ id: 1, timescale: 90_000 }, bytes)
  assert.deepEqual([track.width, track.height, track.codecString], [1920, 1080, 'hvc1.2.4.L120.90'])
})

test('hvcC without SPS or of another version is refused', () => {
  const bytes = writeHevcConfig(hevcConfigOf([], [hex(SPS)], []))
  assert.throws(() => readHevcConfig(bytes.with(0, 2)), coded('HEVC_CONFIG_VERSION'))
  assert.throws(() => readHevcConfig(bytes.with(22, 1)), coded('HEVC_CONFIG_NO_SPS'))
  assert.throws(() => readHevcConfig(bytes.subarray(0, 30)), coded('BYTES_SHORT'))
})

test('key frames: IRAP pictures and recovery points', () => {
  const unit = (...nalus: string[]): Uint8Array => joinNalus(nalus.map(hex))
  for (const irap of ['2601af', '2801af', '2a01af', '2001af']) assert.equal(isHevcKey(unit('4601', irap)), true, irap)
  assert.equal(isHevcKey(unit('0201d0')), false)
  assert.equal(isHevcKey(unit('4e01060184 80', '0201d0')), true)
})
