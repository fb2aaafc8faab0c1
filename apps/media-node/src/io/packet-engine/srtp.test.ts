import assert from 'node:assert/strict'
import { createCipheriv, createHmac } from 'node:crypto'
import test, { after } from 'node:test'

import { Random } from '@millrace/testkit'
import { deriveKeys, type SrtpKeys, type SrtpProfile, type SrtpSession } from '@millrace/webrtc'
import * as werift from 'werift'

import { CmCipher } from './cm-cipher.ts'
import { GcmCipher } from './gcm-cipher.ts'
import { loadNative } from './native.ts'
import { openOpensslEngine } from './openssl.ts'
import { openOpensslLibrary } from './openssl-library.ts'
import type { PacketEngine } from './packet-engine.ts'
import { openSrtpMethods } from './srtp-methods.ts'
import { keyPair } from './testing.ts'
import { openTypescriptEngine } from './typescript.ts'

const PROFILES: readonly SrtpProfile[] = ['SRTP_AEAD_AES_128_GCM', 'SRTP_AES128_CM_SHA1_80']
const WERIFT_PROFILE = { SRTP_AEAD_AES_128_GCM: 7, SRTP_AES128_CM_SHA1_80: 1 } as const
const SSRC = 0xdeadbeef

const engines = [await openOpensslEngine(), openTypescriptEngine()]
const methods = openSrtpMethods(openOpensslLibrary(await loadNative()))
after(() => {
  methods.close()
  for (const engine of engines) engine.close()
})

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')
const random = new Random(11)

/** With two contributing sources and an extension. */
function rtp(index: number, payload: Uint8Array = random.bytes(random.int(1200))): Buffer {
  const header = hex('9260 0000 00000001 deadbeef 11111111 22222222 bede0001 10ff0000')
  header.writeUInt16BE(index & 0xffff, 2)
  header.writeUInt32BE(SSRC, 8)
  return Buffer.concat([header, payload])
}
const rtcp = (): Buffer => Buffer.concat([hex('80c90001 deadbeef'), random.bytes(4 * random.int(40))])
const copy = (bytes: Uint8Array | undefined): Buffer => Buffer.from(bytes ?? [])

function ends(
  engine: PacketEngine,
  profile: SrtpProfile,
): { here: SrtpSession; there: SrtpSession; keys: [SrtpKeys, SrtpKeys] } {
  const keys = keyPair(profile)
  const [here, there] = [engine.openSrtp(keys[0]), engine.openSrtp(keys[1])]
  after(() => {
    here.close()
    there.close()
  })
  return { here, there, keys }
}

test('GCM protects the packet of RFC 7714 §16.1.1 as that does', () => {
  const keys = {
    key: hex('000102030405060708090a0b0c0d0e0f'),
    salt: hex('51756964 2070726f 2071756f'),
    authKey: hex(''),
  }
  const cipher = new GcmCipher(methods, { rtp: keys, rtcp: keys }, { rtp: keys, rtcp: keys })
  const plain = hex(
    `8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573`,
  )
  const protectedPacket = hex(`8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a
    51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`)
  assert.deepEqual(copy(cipher.sealRtp(plain, 12, 0xf17b)), protectedPacket)
  assert.deepEqual(copy(cipher.openRtp(copy(protectedPacket), 12, 0xf17b)), plain)
  cipher.close()
})

test('CM encrypts with the key stream of RFC 3711 B.2', () => {
  const keys = {
    key: hex('2b7e151628aed2a6abf7158809cf4f3c'),
    salt: hex('f0f1f2f3f4f5f6f7f8f9fafbfcfd'),
    authKey: new Uint8Array(20),
  }
  const cipher = new CmCipher(methods, { rtp: keys, rtcp: keys }, { rtp: keys, rtcp: keys })
  const packet = cipher.sealRtp(Buffer.concat([hex('80600000 00000000 00000000'), new Uint8Array(32)]), 12, 0)
  assert.deepEqual(
    copy(packet.subarray(12, 44)),
    hex('e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab'),
  )
  cipher.close()
})

for (const engine of engines) {
  test(`${engine.name}: packets of all lengths are as AES and HMAC of Node make them`, () => {
    const cm = ends(engine, 'SRTP_AES128_CM_SHA1_80')
    const gcm = ends(engine, 'SRTP_AEAD_AES_128_GCM')
    const index = 0x1_0002_0003
    for (let bytes = 0; bytes <= 200; bytes++) {
      const plain = rtp(index, random.bytes(bytes))
      const at = plain.length - bytes
      const counter = (salt: Uint8Array, from: number, length: number): Buffer => {
        const iv = Buffer.concat([salt], length)
        const mask = Buffer.alloc(10)
        mask.writeUInt32BE(SSRC)
        mask.writeUIntBE(index, 4, 6)
        for (const [i, byte] of mask.entries()) iv[from + i] = (iv[from + i] ?? 0) ^ byte
        return iv
      }
      const cmKeys = deriveKeys(cm.keys[0].localKey, cm.keys[0].localSalt).rtp
      const ctr = createCipheriv('aes-128-ctr', cmKeys.key, counter(cmKeys.salt, 4, 16))
      const body = Buffer.concat([plain.subarray(0, at), ctr.update(plain.subarray(at))])
      const tag = createHmac('sha1', cmKeys.authKey).update(body).update(hex('00010002')).digest().subarray(0, 10)
      assert.deepEqual(copy(cm.here.protectRtp(plain, index)), Buffer.concat([body, tag]))

      const gcmKeys = deriveKeys(gcm.keys[0].localKey, gcm.keys[0].localSalt).rtp
      const aead = createCipheriv('aes-128-gcm', gcmKeys.key, counter(gcmKeys.salt, 2, 12))
      aead.setAAD(plain.subarray(0, at))
      const sealed = Buffer.concat([plain.subarray(0, at), aead.update(plain.subarray(at)), aead.final()])
      assert.deepEqual(copy(gcm.here.protectRtp(plain, index)), Buffer.concat([sealed, aead.getAuthTag()]))
    }
  })

  for (const profile of PROFILES) {
    test(`${engine.name} ${profile}: werift reads ours, and we read werift's, RTP and RTCP`, () => {
      const { here, keys } = ends(engine, profile)
      const config = {
        profile: WERIFT_PROFILE[profile],
        keys: {
          localMasterKey: copy(keys[1].localKey),
          localMasterSalt: copy(keys[1].localSalt),
          remoteMasterKey: copy(keys[1].remoteKey),
          remoteMasterSalt: copy(keys[1].remoteSalt),
        },
      }
      const theirRtp = new werift.SrtpSession(config)
      const theirRtcp = new werift.SrtcpSession(config)
      for (let index = 100; index < 200; index++) {
        const plain = rtp(index)
        assert.deepEqual(theirRtp.decrypt(copy(here.protectRtp(plain, index))), plain)
        const header = new werift.RtpHeader({
          payloadType: 96,
          sequenceNumber: index,
          timestamp: 5,
          ssrc: SSRC,
          marker: true,
        })
        const payload = Buffer.from(random.bytes(500))
        const theirs = here.unprotectRtp(theirRtp.encrypt(payload, header))
        assert.deepEqual(copy(theirs?.subarray(12)), payload)
        const report = rtcp()
        assert.deepEqual(theirRtcp.decrypt(copy(here.protectRtcp(report))), report)
        assert.deepEqual(copy(here.unprotectRtcp(theirRtcp.encrypt(report))), report)
      }
      assert.deepEqual({ ...here.counters }, { replayed: 0, forged: 0 })
    })

    test(`${engine.name} ${profile}: a packet gets in once`, () => {
      const { here, there } = ends(engine, profile)
      for (const index of [1000, 1003, 1001]) {
        const datagram = copy(here.protectRtp(rtp(index), index))
        assert.ok(there.unprotectRtp(copy(datagram)))
        assert.equal(there.unprotectRtp(datagram), undefined)
      }
      const late = copy(here.protectRtp(rtp(1002), 1002))
      assert.ok(there.unprotectRtp(copy(here.protectRtp(rtp(1002 + 1024), 1002 + 1024))))
      assert.equal(there.unprotectRtp(late), undefined)
      const report = copy(here.protectRtcp(rtcp()))
      assert.ok(there.unprotectRtcp(copy(report)))
      assert.equal(there.unprotectRtcp(report), undefined)
      assert.deepEqual({ ...there.counters }, { replayed: 5, forged: 0 })
    })

    test(`${engine.name} ${profile}: a packet with any bit changed, or cut off anywhere, does not get in`, () => {
      const { here, there } = ends(engine, profile)
      const datagram = copy(here.protectRtp(rtp(7, random.bytes(40)), 7))
      const report = copy(here.protectRtcp(rtcp()))
      let forged = 0
      for (const [original, unprotect] of [
        [datagram, (bytes: Uint8Array) => there.unprotectRtp(bytes)],
        [report, (bytes: Uint8Array) => there.unprotectRtcp(bytes)],
      ] as const) {
        for (let bit = 0; bit < original.length * 8; bit++) {
          const bytes = copy(original)
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          assert.equal(unprotect(bytes), undefined, `bit ${bit}`)
          forged++
        }
        for (let length = 0; length < original.length; length++) {
          assert.equal(unprotect(copy(original.subarray(0, length))), undefined, `${length} bytes`)
          forged++
        }
      }
      for (let i = 0; i < 500; i++) {
        assert.equal(there.unprotectRtp(random.bytes(random.int(2000))), undefined)
        assert.equal(there.unprotectRtcp(random.bytes(random.int(2000))), undefined)
        forged += 2
      }
      assert.deepEqual({ ...there.counters }, { replayed: 0, forged })
      assert.ok(there.unprotectRtp(datagram))
      assert.ok(there.unprotectRtcp(report))
    })

    test(`${engine.name} ${profile}: 540 packets may be lost around a wrap of the sequence number, and what comes late from before it is read`, () => {
      const { here, there } = ends(engine, profile)
      const wrap = 0x1_0000
      const pass = (index: number): void => {
        const plain = rtp(index)
        assert.deepEqual(copy(there.unprotectRtp(copy(here.protectRtp(plain, index)))), plain, `index ${index}`)
      }
      for (let index = wrap - 400; index < wrap - 300; index++) pass(index)
      for (let index = wrap + 240; index < wrap + 300; index++) pass(index)
      pass(wrap - 2)
      pass(wrap + 300)
      pass(wrap - 1)
      pass(wrap)
      for (let index = wrap + 30_000; index < 5 * wrap; index += 30_000) pass(index)
      assert.deepEqual({ ...there.counters }, { replayed: 0, forged: 0 })
    })

    test(`${engine.name} ${profile}: SSRCs have indexes of their own, and are no more than 256`, () => {
      const { here, there } = ends(engine, profile)
      for (let ssrc = 0; ssrc < 257; ssrc++) {
        const plain = rtp(500)
        plain.writeUInt32BE(ssrc, 8)
        assert.equal(there.unprotectRtp(copy(here.protectRtp(plain, 500))) !== undefined, ssrc < 256)
      }
      assert.deepEqual({ ...there.counters }, { replayed: 0, forged: 1 })
    })

    test(`${engine.name} ${profile}: a closed session lets nothing in, and protects nothing`, () => {
      const { here, there } = ends(engine, profile)
      const datagram = copy(here.protectRtp(rtp(1), 1))
      there.close()
      there.close()
      assert.equal(there.unprotectRtp(datagram), undefined)
      assert.throws(() => there.protectRtp(rtp(1), 1), { code: 'SRTP_UNFIT' })
      assert.throws(() => there.protectRtcp(rtcp()), { code: 'SRTP_UNFIT' })
    })
  }
}
