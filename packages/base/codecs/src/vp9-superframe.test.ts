import assert from 'node:assert/strict'
import test from 'node:test'

import { FormatError } from '@millrace/core'

import { joinVp9Superframe, splitVp9Superframe } from './vp9-superframe.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const coded = (code: string) => (error: unknown) => error instanceof FormatError && error.code === code

test('superframes are joined and split alike', () => {
  const frames = [hex('8600'), hex('860011'), hex('8601')]
  assert.deepEqual(splitVp9Superframe(joinVp9Superframe(frames)), frames)
  const [one = hex('')] = frames
  assert.equal(joinVp9Superframe([one]), one)
})

test('sizes in the index have one to four bytes', () => {
  assert.deepEqual(splitVp9Superframe(hex('8611 862233 c1 02 03 c1')), [hex('8611'), hex('862233')])
  assert.deepEqual(splitVp9Superframe(hex('8611 862233 c9 0200 0300 c9')), [hex('8611'), hex('862233')])
})

test('a frame without index is one frame', () => {
  for (const frame of ['', '86', '8611c1', '86c0']) assert.deepEqual(splitVp9Superframe(hex(frame)), [hex(frame)])
})

test('sizes past the end, and too many or no frames, are refused', () => {
  assert.throws(() => splitVp9Superframe(hex('8611 c0 09 c0')), coded('VP9_SUPERFRAME'))
  assert.throws(() => joinVp9Superframe([]), coded('VP9_SUPERFRAME'))
  assert.throws(() => joinVp9Superframe(Array.from({ length: 9 }, () => hex('86'))), coded('VP9_SUPERFRAME'))
})
