import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'

import { isVp8Key, readVp8KeyFrame } from './vp8.ts'
import { isVp9Key, readVp9KeyFrame, readVpConfig, vp9CodecString, vp9ConfigOf, writeVpConfig } from './vp9.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

const KEY_FRAME = hex('82498342001a900ef60838241c184a0009207fd9')

test('VP9 key frames tell profile, depth, subsampling and size', () => {
  const size = { width: 426, height: 240 }
  assert.deepEqual(readVp9KeyFrame(KEY_FRAME), { profile: 0, bitDepth: 8, chromaSubsampling: 1, ...size })
  const high = readVp9KeyFrame(hex('b124c1a100027f8167b041c120e0c2c0c022a07f'))
  assert.deepEqual(high, { profile: 3, bitDepth: 10, chromaSubsampling: 3, width: 1280, height: 720 })
})

test('VP9 inter frames and shown existing frames are no key frames', () => {
  assert.equal(isVp9Key(KEY_FRAME), true)
  assert.equal(isVp9Key(hex('86')), false)
  assert.equal(isVp9Key(hex('88')), false)
  assert.equal(isVp9Key(hex('')), false)
  assert.throws(() => readVp9KeyFrame(hex('86')), coded('VP9_NOT_KEY'))
  assert.throws(() => readVp9KeyFrame(hex('82498343001a900ef6')), coded('VP9_SYNC'))
})

test('vpcC: read with and without version, written with it', () => {
  const bytes = hex('01000000 000b 82 020202 0000')
  const config = readVpConfig(bytes)
  assert.equal(vp9CodecString(config), 'vp09.00.11.08')
  assert.deepEqual(readVpConfig(bytes.subarray(4)), config)
  assert.deepEqual(writeVpConfig(config), bytes)
  assert.throws(() => readVpConfig(hex('04 0b 82 020202')), coded('VP_CONFIG_PROFILE'))
  assert.throws(() => readVpConfig(hex('01000000 000b')), coded('BYTES_SHORT'))
})

test('a configuration is made from a key frame', () => {
  assert.equal(vp9CodecString(vp9ConfigOf(readVp9KeyFrame(KEY_FRAME))), 'vp09.00.20.08')
})

test('VP8 key frames tell the size', () => {
  assert.deepEqual(readVp8KeyFrame(hex('5068009d012aaa01f000')), { profile: 0, width: 426, height: 240 })
  assert.equal(isVp8Key(hex('51')), false)
  assert.equal(isVp8Key(hex('')), false)
  assert.throws(() => readVp8KeyFrame(hex('5068009d012baa01f000')), coded('VP8_SYNC'))
  assert.throws(() => readVp8KeyFrame(hex('5068009d012a')), coded('BYTES_SHORT'))
})
