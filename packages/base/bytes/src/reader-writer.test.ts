import assert from 'node:assert/strict'
import test from 'node:test'

import { ByteReader } from './reader.ts'
import { ByteWriter } from './writer.ts'

test('every field reads back as it was written, over a growing buffer', () => {
  const writer = new ByteWriter(1)
  writer
    .u8(0xfe)
    .u16(0xfedc)
    .u24(0xfedcba)
    .u32(0xfedcba98)
    .u32le(0x12345678)
    .f64(-1.5)
    .bytes(Uint8Array.of(1, 2, 3))
  const reader = new ByteReader(writer.finish())
  assert.equal(reader.u8(), 0xfe)
  assert.equal(reader.u16(), 0xfedc)
  assert.equal(reader.u24(), 0xfedcba)
  assert.equal(reader.u32(), 0xfedcba98)
  assert.equal(reader.u32le(), 0x12345678)
  assert.equal(reader.f64(), -1.5)
  assert.deepEqual(reader.rest(), Uint8Array.of(1, 2, 3))
  assert.equal(reader.remaining, 0)
})

test('signed fields keep their sign', () => {
  const reader = new ByteReader(Uint8Array.of(0xff, 0xfe, 0xff, 0xff, 0xfd, 0xff, 0xff, 0xff, 0xfc))
  assert.equal(reader.i16(), -2)
  assert.equal(reader.i24(), -3)
  assert.equal(reader.i32(), -4)
})

test('numbers of 64 bits are read and written as far as they are exact', () => {
  for (const value of [0, 1, 0xffffffff, 2 ** 32, 2 ** 53 - 1]) {
    assert.equal(new ByteReader(new ByteWriter().u53(value).finish()).u53(), value)
  }
  assert.deepEqual(new ByteWriter().u53(2 ** 32 + 2).finish(), Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 2))
  const tooLarge = new ByteReader(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0))
  assert.throws(() => tooLarge.u53(), { code: 'BYTES_RANGE' })
})

test('big-endian is the order on the wire', () => {
  assert.deepEqual(new ByteWriter().u24(0x010203).finish(), Uint8Array.of(1, 2, 3))
})

test('reading past the end is refused and moves nothing', () => {
  const reader = new ByteReader(Uint8Array.of(1, 2))
  for (const read of [() => reader.u24(), () => reader.bytes(3), () => reader.skip(-1)]) {
    assert.throws(read, { code: 'BYTES_SHORT' })
  }
  assert.equal(reader.offset, 0)
})

test('a reader sees its part of a larger buffer only', () => {
  const reader = new ByteReader(Uint8Array.of(9, 1, 2, 9).subarray(1, 3))
  assert.equal(reader.u16(), 0x0102)
  assert.throws(() => reader.u8(), { code: 'BYTES_SHORT' })
})
