import type { DirectionKeys } from '@millrace/webrtc'

import type { NativeMemory } from './native.ts'
import {
  closeLanes,
  type Lane,
  LANE,
  type Lanes,
  type NativeCipher,
  openLanes,
  rollover,
  RTCP_CLEAR_BYTES,
  SCRATCH,
  setCounter,
  type SrtpMethods,
  WORD_BYTES,
} from './srtp-methods.ts'

const TAG_BYTES = 10
const SSRC_AT = 4
const SHA1_BLOCK_BYTES = 64
/** The bit behind the message, and its length. */
const SHA1_PADDING_BYTES = 9

/** SRTP_AES128_CM_SHA1_80. @see RFC 3711 §4 */
export class CmCipher implements NativeCipher {
  readonly profile = 'SRTP_AES128_CM_SHA1_80'
  readonly tagBytes = TAG_BYTES
  readonly #methods: SrtpMethods
  readonly #lanes: Lanes
  readonly #packet: NativeMemory

  constructor(methods: SrtpMethods, local: DirectionKeys, remote: DirectionKeys) {
    this.#methods = methods
    this.#lanes = openLanes(methods, methods.ctr, local, remote)
    this.#packet = methods.library.packet
  }

  get lane(): Lane {
    return this.#lanes.rtpOut
  }

  seal(
    memory: NativeMemory,
    offset: number,
    headerBytes: number,
    source: number,
    payloadBytes: number,
    index: number,
  ): number {
    const { rtpOut } = this.#lanes
    const end = offset + headerBytes + payloadBytes
    setCounter(this.#methods, rtpOut, SSRC_AT, memory.view.getUint32(offset + 8), index)
    this.#crypt(rtpOut, source, memory.address + offset + headerBytes, payloadBytes)
    memory.view.setUint32(end, rollover(index))
    this.#hash(rtpOut, memory, offset, end + WORD_BYTES)
    this.#writeTag(memory, end)
    return end - offset + TAG_BYTES
  }

  sealRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array {
    this.#packet.bytes.set(packet)
    const source = this.#packet.address + headerBytes
    const bytes = this.seal(this.#packet, 0, headerBytes, source, packet.length - headerBytes, index)
    return this.#packet.bytes.subarray(0, bytes)
  }

  openRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array | undefined {
    const { rtpIn } = this.#lanes
    const end = packet.length - TAG_BYTES
    this.#packet.bytes.set(packet)
    this.#packet.view.setUint32(end, rollover(index))
    this.#hash(rtpIn, this.#packet, 0, end + WORD_BYTES)
    if (!this.#isTag(packet, end)) return undefined
    setCounter(this.#methods, rtpIn, SSRC_AT, this.#packet.view.getUint32(8), index)
    return this.#decrypt(rtpIn, packet, headerBytes, end)
  }

  sealRtcp(packet: Uint8Array, indexWord: number): Uint8Array {
    const { rtcpOut } = this.#lanes
    const { bytes, view, address } = this.#packet
    const end = packet.length + WORD_BYTES
    bytes.set(packet)
    setCounter(this.#methods, rtcpOut, SSRC_AT, view.getUint32(4), indexWord & 0x7fff_ffff)
    const at = address + RTCP_CLEAR_BYTES
    this.#crypt(rtcpOut, at, at, packet.length - RTCP_CLEAR_BYTES)
    view.setUint32(packet.length, indexWord)
    this.#hash(rtcpOut, this.#packet, 0, end)
    this.#writeTag(this.#packet, end)
    return bytes.subarray(0, end + TAG_BYTES)
  }

  openRtcp(packet: Uint8Array, indexWord: number): Uint8Array | undefined {
    const { rtcpIn } = this.#lanes
    const end = packet.length - TAG_BYTES
    this.#packet.bytes.set(packet)
    this.#hash(rtcpIn, this.#packet, 0, end)
    if (!this.#isTag(packet, end)) return undefined
    setCounter(this.#methods, rtcpIn, SSRC_AT, this.#packet.view.getUint32(4), indexWord & 0x7fff_ffff)
    return this.#decrypt(rtcpIn, packet, RTCP_CLEAR_BYTES, end - WORD_BYTES)
  }

  close(): void {
    closeLanes(this.#methods, this.#lanes)
  }

  #crypt(lane: Lane, source: number, target: number, bytes: number): void {
    const { library, scratch } = this.#methods
    if (bytes > 0) {
      library.call.EVP_CipherUpdate(lane.context, target, scratch.address + SCRATCH.outBytes, source, bytes)
    }
  }

  #decrypt(lane: Lane, packet: Uint8Array, from: number, to: number): Uint8Array {
    const at = this.#packet.address + from
    this.#crypt(lane, at, at, to - from)
    packet.set(this.#packet.bytes.subarray(from, to), from)
    return packet.subarray(0, to)
  }

  /**
   * HMAC-SHA1 of what lies between, into the words of the outer hash. Hashing begins behind the block of the key, and the padding
   * is written here, behind the message: so two calls do.
   */
  #hash(lane: Lane, memory: NativeMemory, from: number, to: number): void {
    const { library, scratch, scratchWords } = this.#methods
    const padded = Math.ceil((to - from + SHA1_PADDING_BYTES) / SHA1_BLOCK_BYTES) * SHA1_BLOCK_BYTES
    const lengthAt = from + padded - 4
    memory.bytes[to] = 0x80
    memory.bytes.fill(0, to + 1, lengthAt)
    memory.view.setUint32(lengthAt, (SHA1_BLOCK_BYTES + to - from) * 8)
    for (let i = 0; i < 5; i++) {
      scratchWords[SCRATCH.inner / 4 + i] = lane.words[LANE.inner / 4 + i] ?? 0
      scratchWords[SCRATCH.outer / 4 + i] = lane.words[LANE.outer / 4 + i] ?? 0
    }
    library.call.SHA1_Update(scratch.address + SCRATCH.inner, memory.address + from, padded)
    for (let i = 0; i < 5; i++) {
      scratch.view.setUint32(SCRATCH.outerBlock + 4 * i, scratchWords[SCRATCH.inner / 4 + i] ?? 0)
    }
    library.call.SHA1_Transform(scratch.address + SCRATCH.outer, scratch.address + SCRATCH.outerBlock)
  }

  #writeTag(memory: NativeMemory, at: number): void {
    const { scratchWords } = this.#methods
    memory.view.setUint32(at, scratchWords[SCRATCH.outer / 4] ?? 0)
    memory.view.setUint32(at + 4, scratchWords[SCRATCH.outer / 4 + 1] ?? 0)
    memory.view.setUint16(at + 8, (scratchWords[SCRATCH.outer / 4 + 2] ?? 0) >>> 16)
  }

  /** In the same time for all tags. */
  #isTag(packet: Uint8Array, at: number): boolean {
    const { scratchWords } = this.#methods
    let difference = 0
    for (let i = 0; i < TAG_BYTES; i++) {
      const word = scratchWords[SCRATCH.outer / 4 + (i >> 2)] ?? 0
      difference |= ((word >>> (24 - 8 * (i & 3))) & 0xff) ^ (packet[at + i] ?? 0)
    }
    return difference === 0
  }
}
