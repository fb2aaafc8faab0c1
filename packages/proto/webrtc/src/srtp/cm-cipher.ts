import { type Cipheriv, createCipheriv, hash } from 'node:crypto'

import type { DirectionKeys, PacketKeys } from './derive-keys.ts'
import { PACKET_OFFSET, type SrtpScratch } from './scratch.ts'
import { SRTP_TAG_BYTES, type SrtpCipher } from './srtp-endpoint.ts'

const TAG_BYTES = SRTP_TAG_BYTES.SRTP_AES128_CM_SHA1_80
const BLOCK_BYTES = 16
/** Of SHA-1. */
const PAD_BYTES = 64
const HASH_BYTES = 20
const RTCP_CLEAR_BYTES = 8
/** Rollover counter or SRTCP index, behind what is authenticated. */
const INDEX_BYTES = 4

/** What packets of one kind in one direction are protected with. */
interface CmKeys {
  /** AES of single blocks: kept for good, where a cipher in counter mode would have to be made for each packet. */
  readonly blocks: Cipheriv
  readonly salt: DataView
  readonly innerPad: Uint8Array
  /** With room for the inner hash. */
  readonly outerPad: Uint8Array
}

/**
 * AES-128 in counter mode with HMAC-SHA1-80. The key stream is the encryption of counted blocks, and an HMAC two hashes: both cost
 * Node less than the objects that it has for them.
 *
 * @see RFC 3711 §4.1.1, §4.2.1
 */
export class CmSrtpCipher implements SrtpCipher {
  readonly #scratch: SrtpScratch
  readonly #local: { readonly rtp: CmKeys; readonly rtcp: CmKeys }
  readonly #remote: { readonly rtp: CmKeys; readonly rtcp: CmKeys }

  constructor(scratch: SrtpScratch, local: DirectionKeys, remote: DirectionKeys) {
    this.#scratch = scratch
    this.#local = { rtp: cmKeys(local.rtp), rtcp: cmKeys(local.rtcp) }
    this.#remote = { rtp: cmKeys(remote.rtp), rtcp: cmKeys(remote.rtcp) }
  }

  sealRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array {
    const { bytes, view } = this.#scratch
    const keys = this.#local.rtp
    const end = PACKET_OFFSET + packet.length
    bytes.set(packet, PACKET_OFFSET)
    this.#crypt(keys, headerBytes, packet.length, view.getUint32(PACKET_OFFSET + 8), index)
    view.setUint32(end, rollover(index))
    this.#writeTag(keys, end + INDEX_BYTES, end)
    return bytes.subarray(PACKET_OFFSET, end + TAG_BYTES)
  }

  openRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array | undefined {
    const { bytes, view } = this.#scratch
    const keys = this.#remote.rtp
    const length = packet.length - TAG_BYTES
    bytes.set(packet, PACKET_OFFSET)
    view.setUint32(PACKET_OFFSET + length, rollover(index))
    if (!this.#hasTag(keys, PACKET_OFFSET + length + INDEX_BYTES, packet, length)) return undefined
    this.#crypt(keys, headerBytes, length, view.getUint32(PACKET_OFFSET + 8), index)
    return this.#giveBack(packet, length)
  }

  sealRtcp(packet: Uint8Array, indexWord: number): Uint8Array {
    const { bytes, view } = this.#scratch
    const keys = this.#local.rtcp
    const end = PACKET_OFFSET + packet.length
    bytes.set(packet, PACKET_OFFSET)
    this.#crypt(keys, RTCP_CLEAR_BYTES, packet.length, view.getUint32(PACKET_OFFSET + 4), rtcpIndex(indexWord))
    view.setUint32(end, indexWord)
    this.#writeTag(keys, end + INDEX_BYTES, end + INDEX_BYTES)
    return bytes.subarray(PACKET_OFFSET, end + INDEX_BYTES + TAG_BYTES)
  }

  openRtcp(packet: Uint8Array, indexWord: number): Uint8Array | undefined {
    const { bytes, view } = this.#scratch
    const keys = this.#remote.rtcp
    const tagOffset = packet.length - TAG_BYTES
    const length = tagOffset - INDEX_BYTES
    bytes.set(packet, PACKET_OFFSET)
    if (!this.#hasTag(keys, PACKET_OFFSET + tagOffset, packet, tagOffset)) return undefined
    this.#crypt(keys, RTCP_CLEAR_BYTES, length, view.getUint32(PACKET_OFFSET + 4), rtcpIndex(indexWord))
    return this.#giveBack(packet, length)
  }

  close(): void {}

  /** Encrypts or decrypts what the scratch has of a packet from one offset to the other. */
  #crypt(keys: CmKeys, from: number, to: number, ssrc: number, index: number): void {
    const { words, counters, counterView } = this.#scratch
    const blocks = Math.ceil((to - from) / BLOCK_BYTES)
    if (blocks === 0) return
    const { salt } = keys
    const first = salt.getUint32(0)
    const second = salt.getUint32(4) ^ ssrc
    const third = salt.getUint32(8) ^ Math.floor(index / 0x1_0000)
    const fourth = ((salt.getUint16(12) ^ (index & 0xffff)) << 16) >>> 0
    for (let block = 0; block < blocks; block++) {
      const at = block * BLOCK_BYTES
      counterView.setUint32(at, first)
      counterView.setUint32(at + 4, second)
      counterView.setUint32(at + 8, third)
      counterView.setUint32(at + 12, fourth + block)
    }
    const stream = keys.blocks.update(counters.subarray(0, blocks * BLOCK_BYTES))
    const streamWords = new Uint32Array(stream.buffer, stream.byteOffset, blocks * (BLOCK_BYTES / 4))
    const wordOffset = (PACKET_OFFSET + from) / 4
    // up to 15 bytes behind the packet change as well; whatever is there is written anew
    for (let i = 0; i < streamWords.length; i++) {
      words[wordOffset + i] = (words[wordOffset + i] ?? 0) ^ (streamWords[i] ?? 0)
    }
  }

  #writeTag(keys: CmKeys, end: number, offset: number): void {
    const { bytes } = this.#scratch
    const tag = this.#authenticate(keys, end)
    for (let i = 0; i < TAG_BYTES; i++) bytes[offset + i] = tag.charCodeAt(i)
  }

  #hasTag(keys: CmKeys, end: number, packet: Uint8Array, offset: number): boolean {
    const tag = this.#authenticate(keys, end)
    let difference = 0
    for (let i = 0; i < TAG_BYTES; i++) difference |= tag.charCodeAt(i) ^ (packet[offset + i] ?? 0)
    return difference === 0
  }

  /** HMAC-SHA1 of what the scratch has up to there. @returns a character for each byte: a string costs less than a buffer */
  #authenticate({ innerPad, outerPad }: CmKeys, end: number): string {
    const { bytes } = this.#scratch
    bytes.set(innerPad, PACKET_OFFSET - PAD_BYTES)
    const inner = hash('sha1', bytes.subarray(PACKET_OFFSET - PAD_BYTES, end), 'latin1')
    for (let i = 0; i < HASH_BYTES; i++) outerPad[PAD_BYTES + i] = inner.charCodeAt(i)
    return hash('sha1', outerPad, 'latin1')
  }

  #giveBack(packet: Uint8Array, length: number): Uint8Array {
    packet.set(this.#scratch.bytes.subarray(PACKET_OFFSET, PACKET_OFFSET + length))
    return packet.subarray(0, length)
  }
}

function cmKeys({ key, salt, authKey }: PacketKeys): CmKeys {
  const outerPad = new Uint8Array(PAD_BYTES + HASH_BYTES)
  const innerPad = new Uint8Array(PAD_BYTES)
  for (let i = 0; i < PAD_BYTES; i++) {
    innerPad[i] = 0x36 ^ (authKey[i] ?? 0)
    outerPad[i] = 0x5c ^ (authKey[i] ?? 0)
  }
  const blocks = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  return { blocks, salt: new DataView(salt.buffer, salt.byteOffset, salt.length), innerPad, outerPad }
}

const rollover = (index: number): number => Math.floor(index / 0x1_0000)
const rtcpIndex = (indexWord: number): number => indexWord % 0x8000_0000
