import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'

import { av1Track } from '../tracks.ts'
import { av1CodecString, av1ConfigOf, readAv1Config, writeAv1Config } from './config.ts'
import { isAv1Key, splitObus, withoutTemporalDelimiters } from './obu.ts'
import { readAv1SequenceHeader } from './sequence-header.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

const HEADER_1080P_10 = '0a0b00000042abbfc373efe501'

const cases: [name: string, obu: string, size: [number, number], codecString: string][] = [
  ['10 bits', HEADER_1080P_10, [1920, 1080], 'av01.0.08M.10'],
  ['4:4:4', '0a0a200000043ea7bcdaf902', [426, 240], 'av01.1.00M.08'],
  ['monochrome with colour description', '0a0d000000043ea7bcdaf93010101a', [426, 240], 'av01.0.00M.08'],
]
for (const [name, obu, size, codecString] of cases) {
  test(`sequence header: ${name}`, () => {
    const bytes = hex(obu)
    const { width, height } = readAv1SequenceHeader(bytes.subarray(2))
    assert.deepEqual([width, height], size)
    const config = av1ConfigOf(bytes)
    assert.ok(config)
    assert.equal(av1CodecString(config), codecString)
    assert.deepEqual(readAv1Config(writeAv1Config(config)), config)
  })
}

test('a track takes its size from the av1C, else from the temporal unit', () => {
  const identity = { id: 1, timescale: 1000 }
  const header = hex(HEADER_1080P_10)
  const full = hex(`8108 4c00 ${HEADER_1080P_10}`)
  assert.equal(av1Track(identity, full).width, 1920)
  assert.equal(av1Track(identity, full.subarray(0, 4)).width, 0)
  assert.equal(av1Track(identity, full.subarray(0, 4), header).width, 1920)
  assert.equal(av1Track(identity, full).codecString, 'av01.0.08M.10')
})

test('av1C of another version is refused', () => {
  assert.throws(() => readAv1Config(hex('01084c00')), coded('AV1_CONFIG_VERSION'))
})

test('OBUs with and without size and extension are split', () => {
  // a temporal delimiter, a frame with extension byte and size, a frame without size
  const obus = splitObus(hex('1200 360002aabb 301122'))
  assert.deepEqual(obus, [
    { type: 2, start: 0, payloadStart: 2, end: 2 },
    { type: 6, start: 2, payloadStart: 5, end: 7 },
    { type: 6, start: 7, payloadStart: 8, end: 10 },
  ])
})

test('OBUs that pass the end, are forbidden or without number are refused', () => {
  assert.throws(() => splitObus(hex('3205 00')), coded('AV1_OBU_SIZE'))
  assert.throws(() => splitObus(hex('34')), coded('AV1_OBU_SIZE'))
  assert.throws(() => splitObus(hex('b200')), coded('AV1_OBU_FORBIDDEN'))
  assert.throws(() => splitObus(hex('32 ffffffffffffffffff')), coded('AV1_LEB128'))
  assert.throws(() => splitObus(hex('1200'.repeat(4097))), coded('AV1_OBU_COUNT'))
})

test('key frames: the first frame is a key frame and shown', () => {
  assert.equal(isAv1Key(hex(`1200 ${HEADER_1080P_10} 3202 1000`)), true)
  assert.equal(isAv1Key(hex('3202 0000')), false)
  assert.equal(isAv1Key(hex('3202 3000')), false)
  assert.equal(isAv1Key(hex('3202 9000')), false)
  assert.equal(isAv1Key(hex('1200')), false)
})

test('temporal delimiters are taken out, and nothing is copied where there are none', () => {
  const plain = hex('3202 1000')
  assert.equal(withoutTemporalDelimiters(plain), plain)
  assert.deepEqual(withoutTemporalDelimiters(hex('1200 3202 1000')), plain)
})
