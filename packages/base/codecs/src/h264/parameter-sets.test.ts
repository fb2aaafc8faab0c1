import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'

import { h264ParameterSetId, h264SlicePpsId } from './parameter-sets.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

test('ids of parameter sets, and of what slices use', () => {
  assert.deepEqual(h264ParameterSetId(hex('67640028acd940780227e5c044')), { id: 0, spsId: 0 })
  assert.deepEqual(h264ParameterSetId(hex('6764002844')), { id: 1, spsId: 1 })
  assert.deepEqual(h264ParameterSetId(hex('68ebe3cb22c0')), { id: 0, spsId: 0 })
  // ue(2), ue(1)
  assert.deepEqual(h264ParameterSetId(hex('686a')), { id: 2, spsId: 1 })
  assert.equal(h264SlicePpsId(hex('658880')), 0)
  assert.equal(h264SlicePpsId(hex('658840')), 1)
})

test('ids out of range or cut off are refused', () => {
  assert.throws(() => h264ParameterSetId(hex('67640028008000')), coded('H264_PARAMETER_SET_ID'))
  assert.throws(() => h264ParameterSetId(hex('676400')), coded('BITS_SHORT'))
  assert.throws(() => h264ParameterSetId(hex('68')), coded('BITS_SHORT'))
})
