import assert from 'node:assert/strict'
import test from 'node:test'

import { Random } from '@millrace/testkit'

import { Accumulator } from './accumulator.ts'
import { concatBytes, equalBytes } from './bytes.ts'

test('bytes come out in order however they went in, and views stay as they were', () => {
  const random = new Random(7)
  const source = random.bytes(50_000)
  const accumulator = new Accumulator()
  const views: Uint8Array[] = []
  for (let at = 0; at < source.length;) {
    const length = random.int(300)
    accumulator.push(source.subarray(at, at + length))
    at += length
    const take = random.int(accumulator.length + 1)
    views.push(accumulator.read(take))
  }
  views.push(accumulator.read(accumulator.length))
  assert.ok(equalBytes(concatBytes(views), source))
})

test('a chunk that is consumed whole is not copied', () => {
  const accumulator = new Accumulator()
  const chunk = Uint8Array.of(1, 2, 3)
  accumulator.push(chunk)
  assert.equal(accumulator.read(3).buffer, chunk.buffer)
})

test('peek and at consume nothing', () => {
  const accumulator = new Accumulator()
  accumulator.push(Uint8Array.of(1, 2))
  accumulator.push(Uint8Array.of(3))
  assert.equal(accumulator.at(2), 3)
  assert.deepEqual(accumulator.peek(5), Uint8Array.of(1, 2, 3))
  accumulator.skip(1)
  assert.equal(accumulator.length, 2)
  assert.equal(accumulator.at(0), 2)
})
