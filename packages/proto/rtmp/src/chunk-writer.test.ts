import assert from 'node:assert/strict'
import test from 'node:test'

import { encodeMessage } from './chunk-writer.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const message = (payload: number[], timestampMs = 0x0a0b0c) => ({
  typeId: 9,
  streamId: 1,
  timestampMs,
  payload: Uint8Array.from(payload),
})

test('a message that fits is one chunk of format 0', () => {
  assert.equal(hex(encodeMessage(message([0xaa, 0xbb]), 6, 128)), '060a0b0c00000209' + '01000000' + 'aabb')
})

test('a longer one goes on in chunks of format 3', () => {
  assert.equal(hex(encodeMessage(message([1, 2, 3, 4, 5]), 6, 2)), '060a0b0c00000509010000000102' + 'c60304' + 'c605')
  assert.equal(hex(encodeMessage(message([1, 2, 3, 4]), 6, 2)), '060a0b0c00000409010000000102' + 'c60304')
})

test('an extended timestamp is on every chunk', () => {
  const bytes = encodeMessage(message([1, 2, 3], 0x01020304), 6, 2)
  assert.equal(hex(bytes), '06ffffff000003090100000001020304' + '0102' + 'c601020304' + '03')
  assert.equal(hex(encodeMessage(message([], 0xffffff), 6, 2)), '06ffffff000000090100000000ffffff')
})

test('a timestamp keeps its low 32 bits', () => {
  assert.equal(hex(encodeMessage(message([], 2 ** 32 + 5), 6, 128)), '060000050000000901000000')
})

test('chunk stream ids take one, two or three bytes', () => {
  const ids: [id: number, first: string, next: string][] = [
    [63, '3f', 'ff'],
    [64, '0000', 'c000'],
    [319, '00ff', 'c0ff'],
    [320, '010001', 'c10001'],
    [65_599, '01ffff', 'c1ffff'],
  ]
  for (const [id, first, next] of ids) {
    assert.equal(hex(encodeMessage(message([1, 2], 0), id, 1)), `${first}0000000000020901000000` + '01' + next + '02')
  }
})
