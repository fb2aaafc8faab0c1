import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'

import { joinNalus } from '../nalu.ts'
import { h264Track } from '../tracks.ts'
import { avcCodecString, avcConfigOf, readAvcConfig, writeAvcConfig } from './config.ts'
import { h264NaluType, h264SliceType, isH264Key } from './nalu.ts'
import { readH264Sps } from './sps.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

const SPS_1080P = '67640028acd940780227e5c04400000fa40003a9803c60c658'
const PPS = '68ebe3cb22c0'

const cases: [name: string, sps: string, width: number, height: number, frameRate: number, chroma: number][] = [
  ['1080p, cropped from 1088 lines', SPS_1080P, 1920, 1080, 30_000 / 1001, 1],
  ['interlaced', '6764001eacd940b424d8088000000300800000190f8a14cb', 720, 576, 25, 1],
  ['4:4:4 of 10 bits', '67f4001690d9b28363fcfe0220000003002000000c81e2c5b2c0', 426, 240, 50, 3],
  [
    '4:2:2 with a width that is no multiple of 16',
    '677a002abcd94056061e6f0110000003001000000780f1831960',
    1366,
    768,
    60,
    2,
  ],
  ['baseline', '6742c00cda05067e7c04400000030040000 00ca3c50aa8', 320, 180, 25, 1],
]
for (const [name, sps, width, height, frameRate, chromaFormat] of cases) {
  test(`SPS: ${name}`, () => {
    const info = readH264Sps(hex(sps))
    assert.deepEqual([info.width, info.height, info.chromaFormat], [width, height, chromaFormat])
    assert.equal(info.frameRate, frameRate)
  })
}

test('an SPS whose VUI is cut off still tells the size', () => {
  const { width, height, frameRate } = readH264Sps(hex(SPS_1080P).subarray(0, 13))
  assert.deepEqual([width, height, frameRate], [1920, 1080, 0])
})

test('avcC: read, written and made from parameter sets alike', () => {
  const bytes = hex(`01640028ffe10019${SPS_1080P}010006${PPS}fdf8f800`)
  const config = readAvcConfig(bytes)
  assert.equal(config.lengthSize, 4)
  assert.deepEqual(config.sps, [hex(SPS_1080P)])
  assert.deepEqual(config.pps, [hex(PPS)])
  assert.equal(avcCodecString(config), 'avc1.640028')
  assert.deepEqual(writeAvcConfig(config), bytes)
  assert.deepEqual(writeAvcConfig(avcConfigOf([hex(SPS_1080P)], [hex(PPS)])), bytes)
})

test('a track comes from an avcC', () => {
  const config = writeAvcConfig(avcConfigOf([hex(SPS_1080P)], [hex(PPS)]))
  const track = h264Track({ id: 1, timescale: 1000 }, config)
  assert.deepEqual([track.codec, track.width, track.height, track.codecString], ['h264', 1920, 1080, 'avc1.640028'])
  assert.equal(track.config, config)
})

test('avcC without SPS, of another version or with 3-byte lengths is refused', () => {
  assert.throws(() => readAvcConfig(hex('01640028ffe000')), coded('AVC_CONFIG_NO_SPS'))
  assert.throws(() => readAvcConfig(hex('00640028ffe000')), coded('AVC_CONFIG_VERSION'))
  assert.throws(() => readAvcConfig(hex('01640028fee000')), coded('AVC_CONFIG_LENGTH_SIZE'))
  assert.throws(() => readAvcConfig(hex('01640028ffe10019')), coded('BYTES_SHORT'))
})

test('slice types are told', () => {
  // first_mb_in_slice 0, then slice_type 7 (I), 5 (P), 6 (B)
  assert.equal(h264SliceType(hex('658880')), 'I')
  assert.equal(h264SliceType(hex('419a80')), 'P')
  assert.equal(h264SliceType(hex('019e80')), 'B')
})

test('key frames: IDR, recovery point, or an I slice that the container calls key', () => {
  const unit = (...nalus: string[]): Uint8Array => joinNalus(nalus.map(hex))
  assert.equal(isH264Key(unit('09f0', '658880'), false), true)
  assert.equal(isH264Key(unit('06 0601c4 80', '419a80'), false), true)
  assert.equal(isH264Key(unit('418880'), true), true)
  assert.equal(isH264Key(unit('418880'), false), false)
  assert.equal(isH264Key(unit('419a80'), true), false)
  assert.equal(h264NaluType(hex('658880')), 5)
})
