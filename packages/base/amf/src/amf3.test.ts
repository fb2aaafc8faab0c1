import assert from 'node:assert/strict'
import test from 'node:test'

import { ByteWriter } from '@millrace/bytes'
import { mutations, onlyCoded } from '@millrace/testkit'

import { readAmf3, writeAmf3, type AmfValue } from './index.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const write = (value: AmfValue): Uint8Array => {
  const out = new ByteWriter()
  writeAmf3(out, value)
  return out.finish()
}
const throwsCode = (act: () => void, code: string): void => assert.equal(onlyCoded(act)?.code, code)

const golden: [name: string, bytes: string, value: AmfValue][] = [
  ['undefined', '00', undefined],
  ['null', '01', null],
  ['false', '02', false],
  ['true', '03', true],
  ['1-byte integer', '04 7f', 127],
  ['2-byte integer', '04 8100', 128],
  ['3-byte integer', '04 818000', 16_384],
  ['4-byte integer', '04 80c08000', 2_097_152],
  ['largest integer', '04 bfffffff', 268_435_455],
  ['negative integer', '04 ffffffff', -1],
  ['double', '05 3ff8000000000000', 1.5],
  ['big number', '05 41b0000000000000', 268_435_456],
  ['string', '06 07 616263', 'abc'],
  ['empty string', '06 01', ''],
  ['date', '08 01 4276a0ff74800000', new Date(0x16a0ff74800)],
  ['array', '09 05 01 01 04 01', [null, 1]],
  ['object', '0a 0b 01 03 61 01 01', { a: null }],
  ['byte array', '0c 05 abcd', hex('abcd')],
]
for (const [name, bytes, value] of golden) {
  test(`AMF3 ${name}: golden bytes both ways`, () => {
    assert.deepEqual(readAmf3(hex(bytes)), [value])
    assert.deepEqual(write(value), hex(bytes))
  })
}

test('strings, objects and traits may be referred to', () => {
  // {k: "v"} of class C, sealed; the same object; another of the same traits with string reference 2 ("v")
  const [first, same, sibling] = readAmf3(hex('0a 13 03 43 03 6b 06 03 76  0a 00  0a 01 06 04'))
  assert.deepEqual(first, { k: 'v' })
  assert.equal(same, first)
  assert.deepEqual(sibling, { k: 'v' })
})

test('arrays with named members read as objects', () => {
  assert.deepEqual(readAmf3(hex('09 03 03 61 02 01 03')), [{ a: false, 0: true }])
})

test('vectors read as arrays', () => {
  assert.deepEqual(readAmf3(hex('0d 03 00 ffffffff')), [[-1]])
  assert.deepEqual(readAmf3(hex('0e 03 00 ffffffff')), [[0xffffffff]])
  assert.deepEqual(readAmf3(hex('0f 03 01 3ff8000000000000')), [[1.5]])
  assert.deepEqual(readAmf3(hex('10 03 00 01 01')), [[null]])
})

test('XML reads as a string', () => {
  assert.deepEqual(readAmf3(hex('0b 09 3c612f3e 07 09 3c622f3e')), ['<a/>', '<b/>'])
})

test('what has no plain form, or does not exist, is refused', () => {
  throwsCode(() => readAmf3(hex('11 01 00')), 'AMF_UNSUPPORTED')
  throwsCode(() => readAmf3(hex('0a 07 03 43')), 'AMF_UNSUPPORTED')
  throwsCode(() => readAmf3(hex('12')), 'AMF_MARKER')
  throwsCode(() => readAmf3(hex('06 00')), 'AMF_REFERENCE')
  throwsCode(() => readAmf3(hex('0a 01')), 'AMF_REFERENCE')
  throwsCode(() => readAmf3(hex('09 00')), 'AMF_REFERENCE')
  throwsCode(() => readAmf3(hex('09 03 01 09 00')), 'AMF_REFERENCE')
})

test('vectors and repeated strings are bounded', () => {
  throwsCode(() => readAmf3(hex('0e bfffffff 00')), 'AMF_TOO_MANY_VALUES')
  throwsCode(
    () => readAmf3(hex(`06 15 ${'61'.repeat(10)} ${'06 00'.repeat(20)}`), { maxStringBytes: 100 }),
    'AMF_STRING_TOO_LONG',
  )
})

const sample = { n: 1, s: 'text', o: { d: new Date(5), l: [true, null, { x: 'y' }] }, b: hex('010203'), u: undefined }

test('truncated at each byte: only coded errors', () => {
  const bytes = write(sample)
  assert.deepEqual(readAmf3(bytes), [sample])
  for (let length = 1; length < bytes.length; length++) {
    assert.ok(onlyCoded(() => readAmf3(bytes.subarray(0, length))))
  }
})

test('mutated: only coded errors', () => {
  const bytes = hex('0a 13 03 43 03 6b 06 03 76  0a 00  0a 01 06 04 09 05 03 61 02 01 03 04 0f 03 01 3ff8000000000000')
  for (const bad of mutations(bytes, 5000)) onlyCoded(() => readAmf3(bad))
  for (const bad of mutations(write(sample), 3000)) onlyCoded(() => readAmf3(bad))
})
