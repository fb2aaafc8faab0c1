import assert from 'node:assert/strict'
import test from 'node:test'

import { BitReader } from './bits.ts'
import { crc32Mpeg } from './crc32.ts'

test('bits are read from the most significant on, over byte borders', () => {
  const bits = new BitReader(Uint8Array.of(0b1010_0101, 0b1100_0011, 0xff))
  assert.deepEqual([bits.u(1), bits.u(3), bits.u(8), bits.u(0), bits.flag()], [1, 2, 0x5c, 0, false])
  bits.skip(3)
  assert.equal(bits.u(8), 0xff)
})

test('32 bits are unsigned', () => {
  assert.equal(new BitReader(new Uint8Array(4).fill(0xff)).u(32), 0xffff_ffff)
})

test('Exp-Golomb codes follow the table of the standard', () => {
  // 1 010 011 00100 00101 00110 00111
  const bits = new BitReader(Uint8Array.of(0b1010_0110, 0b0100_0010, 0b1001_1000, 0b1110_0000))
  assert.deepEqual(
    Array.from({ length: 7 }, () => bits.ue()),
    [0, 1, 2, 3, 4, 5, 6],
  )
  const signed = new BitReader(Uint8Array.of(0b1010_0110, 0b0100_0010, 0b1000_0000))
  assert.deepEqual(
    Array.from({ length: 5 }, () => signed.se()),
    [0, 1, -1, 2, -2],
  )
})

test('running out of bits is refused', () => {
  const bits = new BitReader(Uint8Array.of(0))
  assert.throws(() => bits.u(9), { code: 'BITS_SHORT' })
  assert.throws(() => bits.ue(), { code: 'BITS_SHORT' })
  assert.throws(() => new BitReader(new Uint8Array(9)).ue(), { code: 'BITS_GOLOMB' })
})

test('CRC-32/MPEG-2 has its check value', () => {
  assert.equal(crc32Mpeg(new TextEncoder().encode('123456789')), 0x0376e6e7)
})
