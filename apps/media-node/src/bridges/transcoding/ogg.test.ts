import assert from 'node:assert/strict'
import test from 'node:test'

import { CodedError } from '@millrace/core'

import { OggReader, OggWriter } from './ogg.ts'

const packets = [0, 1, 254, 255, 256, 510, 3000].map((length) => new Uint8Array(length).fill(length))
const writer = new OggWriter()
const file = Buffer.concat(packets.map((packet, i) => writer.page(packet, i * 960)))

test('packets come back however the file is cut', () => {
  for (const size of [1, 7, 27, 300, file.length]) {
    const reader = new OggReader()
    const read: Uint8Array[] = []
    for (let at = 0; at < file.length; at += size) read.push(...reader.push(file.subarray(at, at + size)))
    assert.deepEqual(read, packets)
  }
})

test('bytes that are no pages are a coded error, and a packet has an end', () => {
  assert.throws(() => new OggReader().push(new Uint8Array(100)), { code: 'OGG_SYNC' })
  assert.throws(() => writer.page(new Uint8Array(65_025), 0), { code: 'OGG_PACKET' })
  const endless = writer.page(new Uint8Array(64_770), 0).fill(255, 27, 27 + 254)
  endless[26] = 254
  assert.throws(() => new OggReader().push(endless), { code: 'OGG_PACKET' })
  for (let at = 0; at < file.length; at += 13) {
    const broken = Uint8Array.from(file)
    broken[at] = ~broken[at]!
    try {
      new OggReader().push(broken)
    } catch (error) {
      assert.ok(error instanceof CodedError)
    }
  }
})
