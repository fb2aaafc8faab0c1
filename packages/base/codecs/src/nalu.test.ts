import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'

import {
  annexBToNalus,
  hasRecoveryPoint,
  isAnnexB,
  joinAnnexB,
  joinNalus,
  nalusToAnnexB,
  splitAnnexB,
  splitNalus,
  unescapeNalu,
} from './nalu.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

test('length-prefixed and Annex B convert into each other', () => {
  const payload = hex('00000002 09f0 00000003 65aabb')
  const stream = hex('00000001 09f0 00000001 65aabb')
  assert.deepEqual(nalusToAnnexB(payload), stream)
  assert.deepEqual(annexBToNalus(stream), payload)
  assert.deepEqual(joinNalus(splitNalus(payload)), payload)
  assert.deepEqual(joinAnnexB(splitAnnexB(stream)), stream)
})

test('lengths of 1 and 2 bytes are read, empty NAL units skipped', () => {
  assert.deepEqual(splitNalus(hex('02 09f0 00 01 65'), 1), [hex('09f0'), hex('65')])
  assert.deepEqual(splitNalus(hex('0002 09f0 0000 0001 65'), 2), [hex('09f0'), hex('65')])
})

test('start codes of 3 and 4 bytes and trailing zeros are told from data', () => {
  const nalus = splitAnnexB(hex('ffff 000001 09f0 0000 000001 0000030001 00000001 68'))
  assert.deepEqual(nalus, [hex('09f0'), hex('0000030001'), hex('68')])
  assert.deepEqual(splitAnnexB(hex('0000')), [])
  assert.ok(isAnnexB(hex('000001')) && isAnnexB(hex('00000001')) && !isAnnexB(hex('00000002')))
})

test('a length that passes the end is refused', () => {
  assert.throws(() => splitNalus(hex('00000003 09f0')), coded('NALU_LENGTH'))
  assert.throws(() => splitNalus(hex('00000001 09 0000')), coded('NALU_LENGTH'))
  assert.throws(() => splitNalus(hex('ffffffff 09')), coded('NALU_LENGTH'))
})

test('the number of NAL units is bounded', () => {
  assert.throws(() => splitNalus(new Uint8Array(4097 * 2).fill(1), 1), coded('NALU_COUNT'))
  assert.throws(() => splitAnnexB(hex('000001 09 000001 09 000001 09'), 2), coded('NALU_COUNT'))
})

test('emulation prevention bytes are removed', () => {
  assert.deepEqual(unescapeNalu(hex('000003 01 00000300000301 03')), hex('0000 01 00000000 01 03'))
  assert.deepEqual(unescapeNalu(hex('0102030405'), 3), hex('010203'))
})

test('a recovery point is found behind other SEI messages', () => {
  assert.ok(hasRecoveryPoint(hex('06 0501aa 0601c4 80'), 1))
  assert.ok(hasRecoveryPoint(hex('4e01 060184 80'), 2))
  assert.ok(!hasRecoveryPoint(hex('06 0501aa 80'), 1))
  assert.ok(!hasRecoveryPoint(hex('06 ffff ff'), 1))
})
