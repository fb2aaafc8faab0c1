import assert from 'node:assert/strict'
import test from 'node:test'

import { ByteWriter } from '@millrace/bytes'
import { mutations, onlyCoded } from '@millrace/testkit'

import { Amf0Reader, amfToMetadata, readAmf0, writeAmf0, writeAmf0EcmaArray, type AmfValue } from './index.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const write = (value: AmfValue): Uint8Array => {
  const out = new ByteWriter()
  writeAmf0(out, value)
  return out.finish()
}
const throwsCode = (act: () => void, code: string): void => assert.equal(onlyCoded(act)?.code, code)

const golden: [name: string, bytes: string, value: AmfValue][] = [
  ['number', '00 3ff8000000000000', 1.5],
  ['boolean', '01 01', true],
  ['string', '02 0004 6c697665', 'live'],
  ['multi-byte string', '02 0003 e282ac', '€'],
  ['object', '03 0001 61 05 0001 62 01 00 0000 09', { a: null, b: false }],
  ['null', '05', null],
  ['undefined', '06', undefined],
  ['strict array', '0a 00000002 05 02 0000', [null, '']],
  ['date', '0b 4276a0ff74800000 0000', new Date(0x16a0ff74800)],
  ['byte array by AMF3', '11 0c 05 abcd', hex('abcd')],
]
for (const [name, bytes, value] of golden) {
  test(`AMF0 ${name}: golden bytes both ways`, () => {
    assert.deepEqual(readAmf0(hex(bytes)), [value])
    assert.deepEqual(write(value), hex(bytes))
  })
}

test('strings over 65 535 bytes are long strings', () => {
  const text = 'x'.repeat(65_536)
  const bytes = write(text)
  assert.equal(bytes[0], 0x0c)
  assert.deepEqual(readAmf0(bytes), [text])
})

test('ECMA arrays read as objects, with a wrong count and without end marker too', () => {
  const out = new ByteWriter()
  writeAmf0EcmaArray(out, { width: 1280 })
  assert.deepEqual(out.finish(), hex('08 00000001 0005 7769647468 00 4094000000000000 000009'))
  assert.deepEqual(readAmf0(hex('08 000000ff 0001 61 05 000009')), [{ a: null }])
  assert.deepEqual(readAmf0(hex('08 00000001 0001 61 05')), [{ a: null }])
  throwsCode(() => readAmf0(hex('03 0001 61 05')), 'BYTES_SHORT')
})

test('typed objects, XML, unsupported and empty names read as plain values', () => {
  assert.deepEqual(readAmf0(hex('10 0003 466f6f 0001 61 05 000009')), [{ a: null }])
  assert.deepEqual(readAmf0(hex('0f 00000004 3c612f3e 0d')), ['<a/>', undefined])
  assert.deepEqual(readAmf0(hex('03 0000 05 000009')), [{ '': null }])
})

test('references give the same object', () => {
  const [first, second] = readAmf0(hex('03 0001 61 05 000009 07 0000'))
  assert.deepEqual(first, { a: null })
  assert.equal(second, first)
})

test('a reference to nothing, to itself or around itself is refused', () => {
  throwsCode(() => readAmf0(hex('07 0000')), 'AMF_REFERENCE')
  throwsCode(() => readAmf0(hex('03 0001 61 07 0000 000009')), 'AMF_REFERENCE')
})

test('marker 0x11 reads the next value as AMF3', () => {
  assert.deepEqual(readAmf0(hex('11 04 7f 05 11 06 07 616263')), [127, null, 'abc'])
})

test('a member named __proto__ is a member', () => {
  const [value] = readAmf0(hex('03 0009 5f5f70726f746f5f5f 03 000009 000009'))
  assert.deepEqual(Object.keys(value as object), ['__proto__'])
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
})

test('a date that is no time reads as null', () => {
  assert.deepEqual(readAmf0(hex('0b 7ff8000000000000 0000')), [null])
})

test('depth, number of values and string bytes are bounded', () => {
  const deep = hex('0a00000001'.repeat(40) + '05')
  throwsCode(() => readAmf0(deep), 'AMF_TOO_DEEP')
  assert.equal(readAmf0(deep, { maxDepth: 40 }).length, 1)
  throwsCode(() => readAmf0(hex('05'.repeat(11)), { maxValues: 10 }), 'AMF_TOO_MANY_VALUES')
  throwsCode(() => readAmf0(write('x'.repeat(11)), { maxStringBytes: 10 }), 'AMF_STRING_TOO_LONG')
  throwsCode(() => readAmf0(hex('0a ffffffff')), 'BYTES_SHORT')
})

test('references are charged for what they stand for', () => {
  // 30 arrays, each holding the one before it twice: 2^30 values when written out
  const levels = Array.from({ length: 30 }, (_, i) => `0a00000002 07${pair(i)} 07${pair(i)}`)
  throwsCode(() => readAmf0(hex(`0a00000000 ${levels.join(' ')}`)), 'AMF_TOO_MANY_VALUES')
})
const pair = (index: number): string => index.toString(16).padStart(4, '0')

test('types that do not exist are refused', () => {
  for (const marker of ['04', '09', '0e', '12', 'ff']) throwsCode(() => readAmf0(hex(marker)), 'AMF_MARKER')
})

test('writing a cycle is refused', () => {
  const cycle: Record<string, AmfValue> = {}
  cycle['self'] = cycle
  throwsCode(() => write(cycle), 'AMF_WRITE')
  throwsCode(() => write({ ['x'.repeat(65_536)]: 1 }), 'AMF_WRITE')
})

test('metadata: what has no plain form becomes null', () => {
  const value = { a: 1, b: undefined, c: hex('00'), d: [undefined, { e: 'f' }], g: new Date(0) }
  assert.deepEqual(amfToMetadata(value), { a: 1, b: null, c: null, d: [null, { e: 'f' }], g: new Date(0) })
  assert.equal(amfToMetadata('text'), null)
  assert.equal(amfToMetadata([]), null)
})

const sample = { n: 1, s: 'text', o: { d: new Date(5), l: [true, null, { x: 'y' }] }, b: hex('010203'), u: undefined }

test('a reader goes value by value and says where it is', () => {
  const reader = new Amf0Reader(hex('02 0001 61 00 3ff0000000000000'))
  assert.equal(reader.read(), 'a')
  assert.equal(reader.offset, 4)
  assert.equal(reader.remaining, 9)
  assert.equal(reader.read(), 1)
})

test('truncated at each byte: only coded errors', () => {
  const bytes = write(sample)
  assert.deepEqual(readAmf0(bytes), [sample])
  for (let length = 1; length < bytes.length; length++) {
    assert.ok(onlyCoded(() => readAmf0(bytes.subarray(0, length))))
  }
})

test('mutated: only coded errors', () => {
  const bytes = write([sample, 'end'])
  for (const bad of mutations(bytes, 5000)) onlyCoded(() => readAmf0(bad))
})
