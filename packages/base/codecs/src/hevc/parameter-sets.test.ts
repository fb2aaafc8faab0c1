import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'

import { hevcParameterSetId } from './parameter-sets.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

const SPS = '420101022000000300900000030000030078a003c08010e4d96566924caf01680800001f480003a98040'

test('ids of parameter sets', () => {
  assert.equal(hevcParameterSetId(hex('40010c01ffff02200000')), 0)
  assert.equal(hevcParameterSetId(hex('40013c01ffff02200000')), 3)
  assert.equal(hevcParameterSetId(hex(SPS)), 0)
  // the byte behind the profile begins with the id, ue(0); here ue(2)
  assert.equal(hevcParameterSetId(hex(SPS.replace('78a003', '786003'))), 2)
  assert.equal(hevcParameterSetId(hex('4401c172b46240')), 0)
  assert.equal(hevcParameterSetId(hex('440140')), 1)
})

test('ids out of range or cut off are refused', () => {
  assert.throws(() => hevcParameterSetId(hex('44010100ff')), coded('HEVC_PARAMETER_SET_ID'))
  assert.throws(() => hevcParameterSetId(hex(SPS.slice(0, 20))), coded('BITS_SHORT'))
  assert.throws(() => hevcParameterSetId(hex('4001')), coded('BITS_SHORT'))
})
