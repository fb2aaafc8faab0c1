import assert from 'node:assert/strict'
import test from 'node:test'

import { CmSrtpCipher } from './cm-cipher.ts'
import { GcmSrtpCipher } from './gcm-cipher.ts'
import { makeScratch } from './scratch.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')
const copy = (bytes: Uint8Array | undefined): Buffer => Buffer.from(bytes ?? [])

const GCM_KEYS = {
  key: hex('000102030405060708090a0b0c0d0e0f'),
  salt: hex('51756964 2070726f 2071756f'),
  authKey: hex(''),
}
const gcmOf = (): GcmSrtpCipher =>
  new GcmSrtpCipher(makeScratch(), { rtp: GCM_KEYS, rtcp: GCM_KEYS }, { rtp: GCM_KEYS, rtcp: GCM_KEYS })

test('GCM protects the RTP packet of RFC 7714 §16.1.1 as that does', () => {
  const cipher = gcmOf()
  const plain = hex(
    `8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573`,
  )
  const sealed = hex(`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
    51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`)
  assert.deepEqual(copy(cipher.sealRtp(plain, 12, 0xf17b)), sealed)
  assert.deepEqual(copy(cipher.openRtp(copy(sealed), 12, 0xf17b)), plain)
})

test('GCM protects the RTCP packet of RFC 7714 §17.1 as that does', () => {
  const cipher = gcmOf()
  const plain = hex(`81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef
    deadbeef deadbeef deadbeef`)
  const sealed = hex(`81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
    4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4`)
  assert.deepEqual(copy(cipher.sealRtcp(plain, 0x8000_05d4)), sealed)
  assert.deepEqual(copy(cipher.openRtcp(copy(sealed), 0x8000_05d4)), plain)
})

test('CM encrypts with the key stream of RFC 3711 B.2', () => {
  const keys = {
    key: hex('2b7e151628aed2a6abf7158809cf4f3c'),
    salt: hex('f0f1f2f3f4f5f6f7f8f9fafbfcfd'),
    authKey: new Uint8Array(20),
  }
  const cipher = new CmSrtpCipher(makeScratch(), { rtp: keys, rtcp: keys }, { rtp: keys, rtcp: keys })
  const packet = cipher.sealRtp(Buffer.concat([hex('80600000 00000000 00000000'), new Uint8Array(4000 * 16)]), 12, 0)
  const block = (number: number): Buffer => copy(packet.subarray(12 + number * 16, 28 + number * 16))
  assert.deepEqual(block(0), hex('e03ead0935c95e80e166b16dd92b4eb4'))
  assert.deepEqual(block(1), hex('d23513162b02d0f72a43a2fe4a5f97ab'))
})

test('packets are protected and opened wherever they lie in memory', () => {
  const keys = { key: hex('00'.repeat(16)), salt: new Uint8Array(16).subarray(1, 15), authKey: new Uint8Array(20) }
  const cipher = new CmSrtpCipher(makeScratch(), { rtp: keys, rtcp: keys }, { rtp: keys, rtcp: keys })
  const plain = Buffer.concat([hex('80600001 00000000 00000007'), Buffer.from('wherever they lie in memory')])
  for (let offset = 0; offset < 8; offset++) {
    const memory = Buffer.concat([Buffer.alloc(offset), plain, Buffer.alloc(40)])
    const sealed = copy(cipher.sealRtp(memory.subarray(offset, offset + plain.length), 12, 1))
    memory.set(sealed, offset)
    assert.deepEqual(copy(cipher.openRtp(memory.subarray(offset, offset + sealed.length), 12, 1)), plain)
    assert.deepEqual(copy(memory.subarray(offset, offset + plain.length)), plain)
  }
})
