import assert from 'node:assert/strict'
import test from 'node:test'

import { concatBytes } from '@millrace/bytes'
import { mutations, onlyCoded, splits } from '@millrace/testkit'

import { FlvReader } from './reader.ts'
import type { FlvPart } from './reader.ts'
import { writeFlvHeader, writeFlvTag } from './tag.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const readAll = (chunks: Iterable<Uint8Array>): FlvPart[] => {
  const reader = new FlvReader()
  return [...chunks].flatMap((chunk) => reader.push(chunk))
}

const stream = concatBytes([
  writeFlvHeader({ audio: true, video: true }),
  writeFlvTag('data', 0, hex('02000161')),
  writeFlvTag('video', 0x01234567, new Uint8Array(300).fill(7)),
  writeFlvTag('audio', 0xff000010, hex('af01')),
  writeFlvTag('audio', 5, hex('')),
])

test('header and tags: golden bytes', () => {
  assert.deepEqual(writeFlvHeader({ audio: true, video: false }), hex('464c5601 04 00000009 00000000'))
  assert.deepEqual(writeFlvHeader({ audio: false, video: true }), hex('464c5601 01 00000009 00000000'))
  assert.deepEqual(writeFlvTag('video', 0x89abcdef, hex('1702')), hex('09 000002 abcdef 89 000000 1702 0000000d'))
})

test('timestamps keep their low 32 bits', () => {
  assert.deepEqual(writeFlvTag('audio', 2 ** 32 + 0x01000002, hex('')), writeFlvTag('audio', 0x01000002, hex('')))
  assert.deepEqual(writeFlvTag('audio', 2 ** 32 - 1, hex('')).subarray(4, 8), hex('ffffffff'))
  assert.deepEqual(writeFlvTag('audio', 2 ** 32, hex('')).subarray(4, 8), hex('00000000'))
})

test('a stream gives the same parts however it is cut', () => {
  const [header, ...tags] = readAll([stream])
  assert.deepEqual(header, { type: 'header', hasAudio: true, hasVideo: true })
  assert.deepEqual(
    tags.map((tag) => tag.type === 'tag' && [tag.kind, tag.timestampMs, tag.body.length]),
    [
      ['data', 0, 4],
      ['video', 0x01234567, 300],
      ['audio', 0xff000010, 2],
      ['audio', 5, 0],
    ],
  )
  for (const chunks of splits(stream)) assert.deepEqual(readAll(chunks), [header, ...tags])
})

test('tags of unknown type and longer headers are skipped', () => {
  const unknown = writeFlvTag('audio', 0, hex('01')).with(0, 15)
  const parts = readAll([hex('464c5601 05 0000000b ffff 00000000'), unknown, writeFlvTag('audio', 7, hex('af01'))])
  assert.deepEqual(parts.slice(1), [{ type: 'tag', kind: 'audio', timestampMs: 7, body: hex('af01') }])
})

test('what is no FLV, is encrypted or too large is refused', () => {
  const code = (...chunks: Uint8Array[]): string | undefined => onlyCoded(() => readAll(chunks))?.code
  assert.equal(code(hex('474c5601 05 00000009')), 'FLV_SIGNATURE')
  assert.equal(code(hex('464c5602 05 00000009')), 'FLV_SIGNATURE')
  assert.equal(code(hex('464c5601 05 00000008')), 'FLV_HEADER_SIZE')
  assert.equal(code(hex('464c5601 05 ffffffff')), 'FLV_HEADER_SIZE')
  const header = writeFlvHeader({ audio: true, video: true })
  assert.equal(code(header, writeFlvTag('audio', 0, hex('01')).with(0, 0x28)), 'FLV_TAG_ENCRYPTED')
  assert.equal(code(header, hex('09 800001 000000 00 000000')), 'FLV_TAG_TOO_LARGE')
  assert.equal(onlyCoded(() => new FlvReader({ maxTagBytes: 299 }).push(stream))?.code, 'FLV_TAG_TOO_LARGE')
})

test('truncated or mutated, throws coded errors only', () => {
  for (let length = 0; length < stream.length; length++) readAll([stream.subarray(0, length)])
  for (const bad of mutations(stream, 2000)) onlyCoded(() => readAll([bad]))
})
