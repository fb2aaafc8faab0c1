import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'

import type { DirectionKeys, PacketKeys } from './derive-keys.ts'
import { PACKET_OFFSET, type SrtpScratch } from './scratch.ts'
import { SRTP_TAG_BYTES, type SrtpCipher } from './srtp-endpoint.ts'

const ALGORITHM = 'aes-128-gcm'
const TAG_BYTES = SRTP_TAG_BYTES.SRTP_AEAD_AES_128_GCM
const OPTIONS = { authTagLength: TAG_BYTES } as const
const RTCP_CLEAR_BYTES = 8
const INDEX_BYTES = 4

/** What packets of one kind in one direction are protected with. */
interface GcmKeys {
  /** Node takes much longer over the bytes of a key. */
  readonly key: KeyObject
  readonly salt: DataView
}

/** AES-128-GCM. Node can't use a cipher twice: each packet takes a new one. @see RFC 7714 §8, §9 */
export class GcmSrtpCipher implements SrtpCipher {
  readonly #scratch: SrtpScratch
  readonly #local: { readonly rtp: GcmKeys; readonly rtcp: GcmKeys }
  readonly #remote: { readonly rtp: GcmKeys; readonly rtcp: GcmKeys }
  readonly #iv = new Uint8Array(12)
  readonly #ivView = new DataView(this.#iv.buffer)
  readonly #rtcpAad = new Uint8Array(RTCP_CLEAR_BYTES + INDEX_BYTES)

  constructor(scratch: SrtpScratch, local: DirectionKeys, remote: DirectionKeys) {
    this.#scratch = scratch
    this.#local = { rtp: gcmKeys(local.rtp), rtcp: gcmKeys(local.rtcp) }
    this.#remote = { rtp: gcmKeys(remote.rtp), rtcp: gcmKeys(remote.rtcp) }
  }

  sealRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array {
    const { bytes } = this.#scratch
    const { key, salt } = this.#local.rtp
    this.#setIv(salt, readU32(packet, 8), index)
    const header = packet.subarray(0, headerBytes)
    bytes.set(header, PACKET_OFFSET)
    const end = this.#seal(key, header, packet.subarray(headerBytes), PACKET_OFFSET + headerBytes)
    return bytes.subarray(PACKET_OFFSET, end)
  }

  openRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array | undefined {
    const { key, salt } = this.#remote.rtp
    this.#setIv(salt, readU32(packet, 8), index)
    const length = packet.length - TAG_BYTES
    const opened = this.#open(key, packet.subarray(0, headerBytes), packet, headerBytes, length)
    return opened ? packet.subarray(0, length) : undefined
  }

  sealRtcp(packet: Uint8Array, indexWord: number): Uint8Array {
    const { bytes, view } = this.#scratch
    const { key, salt } = this.#local.rtcp
    this.#setIv(salt, readU32(packet, 4), rtcpIndex(indexWord))
    bytes.set(packet.subarray(0, RTCP_CLEAR_BYTES), PACKET_OFFSET)
    const aad = this.#aadOfRtcp(packet, indexWord)
    const end = this.#seal(key, aad, packet.subarray(RTCP_CLEAR_BYTES), PACKET_OFFSET + RTCP_CLEAR_BYTES)
    view.setUint32(end, indexWord)
    return bytes.subarray(PACKET_OFFSET, end + INDEX_BYTES)
  }

  openRtcp(packet: Uint8Array, indexWord: number): Uint8Array | undefined {
    const { key, salt } = this.#remote.rtcp
    this.#setIv(salt, readU32(packet, 4), rtcpIndex(indexWord))
    const length = packet.length - TAG_BYTES - INDEX_BYTES
    const opened = this.#open(key, this.#aadOfRtcp(packet, indexWord), packet, RTCP_CLEAR_BYTES, length)
    return opened ? packet.subarray(0, length) : undefined
  }

  close(): void {}

  /** @returns where ciphertext and tag end in the scratch */
  #seal(key: KeyObject, aad: Uint8Array, plain: Uint8Array, offset: number): number {
    const { bytes } = this.#scratch
    const cipher = createCipheriv(ALGORITHM, key, this.#iv, OPTIONS)
    cipher.setAAD(aad)
    bytes.set(cipher.update(plain), offset)
    cipher.final()
    bytes.set(cipher.getAuthTag(), offset + plain.length)
    return offset + plain.length + TAG_BYTES
  }

  /** Decrypts within the packet; the tag is at `to`. @returns whether it was right */
  #open(key: KeyObject, aad: Uint8Array, packet: Uint8Array, from: number, to: number): boolean {
    const decipher = createDecipheriv(ALGORITHM, key, this.#iv, OPTIONS)
    decipher.setAAD(aad)
    decipher.setAuthTag(packet.subarray(to, to + TAG_BYTES))
    const plain = decipher.update(packet.subarray(from, to))
    try {
      decipher.final()
    } catch {
      return false
    }
    packet.set(plain, from)
    return true
  }

  #setIv(salt: DataView, ssrc: number, index: number): void {
    this.#ivView.setUint16(0, salt.getUint16(0))
    this.#ivView.setUint32(2, salt.getUint32(2) ^ ssrc)
    this.#ivView.setUint32(6, salt.getUint32(6) ^ Math.floor(index / 0x1_0000))
    this.#ivView.setUint16(10, salt.getUint16(10) ^ (index & 0xffff))
  }

  #aadOfRtcp(packet: Uint8Array, indexWord: number): Uint8Array {
    const aad = this.#rtcpAad
    aad.set(packet.subarray(0, RTCP_CLEAR_BYTES))
    for (let i = 0; i < INDEX_BYTES; i++) aad[RTCP_CLEAR_BYTES + i] = indexWord >>> (24 - 8 * i)
    return aad
  }
}

function gcmKeys({ key, salt }: PacketKeys): GcmKeys {
  return { key: createSecretKey(key), salt: new DataView(salt.buffer, salt.byteOffset, salt.length) }
}

const rtcpIndex = (indexWord: number): number => indexWord % 0x8000_0000
const readU32 = (bytes: Uint8Array, offset: number): number =>
  (((bytes[offset] ?? 0) << 24) |
    ((bytes[offset + 1] ?? 0) << 16) |
    ((bytes[offset + 2] ?? 0) << 8) |
    (bytes[offset + 3] ?? 0)) >>>
  0
