import assert from 'node:assert/strict'
import { createDecipheriv } from 'node:crypto'
import test from 'node:test'

import { testOptions } from './hls-files.test-support.ts'
import { HlsNames } from './hls-names.ts'
import { SegmentKeys } from './segment-keys.ts'

const KEYS = { segmentsPerKey: 2, folder: '/hls', file: '[stream]-[seq].key', url: 'http://k/' }
const names = new HlsNames({ vhost: 'v', app: 'live', name: 'x' }, testOptions())

test('segments of any length are what they were once decrypted; a key is for as many as wanted', () => {
  const keys = new SegmentKeys(KEYS, names)
  const files = new Map<string, Uint8Array>()
  const vectors = new Set<string>()
  // 752 is where SRS forgets the padding
  for (const [seq, length] of [188, 752, 1504, 16, 1].entries()) {
    const bytes = new Uint8Array(length).fill(seq + 1)
    const sealed = keys.seal(seq + 3, bytes)
    if (sealed.keyFile) files.set(sealed.key.uri, sealed.keyFile.bytes)
    vectors.add(Buffer.from(sealed.key.iv).toString('hex'))
    const cipher = createDecipheriv('aes-128-cbc', files.get(sealed.key.uri) ?? '', sealed.key.iv)
    assert.deepEqual(new Uint8Array(Buffer.concat([cipher.update(sealed.bytes), cipher.final()])), bytes)
    assert.equal(sealed.bytes.length % 16, 0)
    assert.ok(sealed.bytes.length > length)
  }
  assert.deepEqual([...files.keys()], ['http://k/x-3.key', 'http://k/x-4.key', 'http://k/x-6.key'])
  assert.equal(vectors.size, 5)
})

test('without a number of segments one key is for all', () => {
  const keys = new SegmentKeys({ ...KEYS, segmentsPerKey: 0 }, names)
  const made = Array.from({ length: 10 }, (_, seq) => keys.seal(seq, new Uint8Array(1)).keyFile).filter(Boolean)
  assert.equal(made.length, 1)
})
