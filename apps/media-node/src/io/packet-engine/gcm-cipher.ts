import type { DirectionKeys } from '@millrace/webrtc'

import type { NativeMemory } from './native.ts'
import {
  closeLanes,
  type Lane,
  type Lanes,
  type NativeCipher,
  openLanes,
  RTCP_CLEAR_BYTES,
  SCRATCH,
  setCounter,
  type SrtpMethods,
  WORD_BYTES,
} from './srtp-methods.ts'

const TAG_BYTES = 16
const GET_TAG = 0x10
const SET_TAG = 0x11
const SSRC_AT = 2

/** SRTP_AEAD_AES_128_GCM. @see RFC 7714 */
export class GcmCipher implements NativeCipher {
  readonly profile = 'SRTP_AEAD_AES_128_GCM'
  readonly tagBytes = TAG_BYTES
  readonly #methods: SrtpMethods
  readonly #lanes: Lanes
  readonly #packet: NativeMemory

  constructor(methods: SrtpMethods, local: DirectionKeys, remote: DirectionKeys) {
    this.#methods = methods
    this.#lanes = openLanes(methods, methods.gcm, local, remote)
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
    setCounter(this.#methods, rtpOut, SSRC_AT, memory.view.getUint32(offset + 8), index)
    const at = memory.address + offset
    this.#authenticate(rtpOut, at, headerBytes)
    this.#encrypt(rtpOut, source, at + headerBytes, payloadBytes)
    return headerBytes + payloadBytes + TAG_BYTES
  }

  sealRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array {
    this.#packet.bytes.set(packet)
    const source = this.#packet.address + headerBytes
    const bytes = this.seal(this.#packet, 0, headerBytes, source, packet.length - headerBytes, index)
    return this.#packet.bytes.subarray(0, bytes)
  }

  openRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array | undefined {
    const { rtpIn } = this.#lanes
    this.#packet.bytes.set(packet)
    setCounter(this.#methods, rtpIn, SSRC_AT, this.#packet.view.getUint32(8), index)
    this.#authenticate(rtpIn, this.#packet.address, headerBytes)
    return this.#decrypt(rtpIn, packet, headerBytes, packet.length - TAG_BYTES)
  }

  sealRtcp(packet: Uint8Array, indexWord: number): Uint8Array {
    const { rtcpOut } = this.#lanes
    const { bytes, view, address } = this.#packet
    bytes.set(packet)
    this.#beginRtcp(rtcpOut, indexWord)
    const at = address + RTCP_CLEAR_BYTES
    this.#encrypt(rtcpOut, at, at, packet.length - RTCP_CLEAR_BYTES)
    view.setUint32(packet.length + TAG_BYTES, indexWord)
    return bytes.subarray(0, packet.length + TAG_BYTES + WORD_BYTES)
  }

  openRtcp(packet: Uint8Array, indexWord: number): Uint8Array | undefined {
    const { rtcpIn } = this.#lanes
    this.#packet.bytes.set(packet)
    this.#beginRtcp(rtcpIn, indexWord)
    return this.#decrypt(rtcpIn, packet, RTCP_CLEAR_BYTES, packet.length - TAG_BYTES - WORD_BYTES)
  }

  close(): void {
    closeLanes(this.#methods, this.#lanes)
  }

  #beginRtcp(lane: Lane, indexWord: number): void {
    const { scratch } = this.#methods
    setCounter(this.#methods, lane, SSRC_AT, this.#packet.view.getUint32(4), indexWord & 0x7fff_ffff)
    this.#authenticate(lane, this.#packet.address, RTCP_CLEAR_BYTES)
    scratch.view.setUint32(SCRATCH.word, indexWord)
    this.#authenticate(lane, scratch.address + SCRATCH.word, WORD_BYTES)
  }

  #authenticate(lane: Lane, address: number, bytes: number): void {
    const { library, scratch } = this.#methods
    library.call.EVP_CipherUpdate(lane.context, 0, scratch.address + SCRATCH.outBytes, address, bytes)
  }

  /** The tag goes behind what is encrypted. */
  #encrypt(lane: Lane, source: number, target: number, bytes: number): void {
    const { library, scratch } = this.#methods
    const outBytes = scratch.address + SCRATCH.outBytes
    if (bytes > 0) library.call.EVP_CipherUpdate(lane.context, target, outBytes, source, bytes)
    library.call.EVP_CipherFinal_ex(lane.context, target, outBytes)
    library.call.EVP_CIPHER_CTX_ctrl(lane.context, GET_TAG, TAG_BYTES, target + bytes)
  }

  /** What lies in the packet from `from` to the tag at `to`; the packet stays as it was when that is wrong. */
  #decrypt(lane: Lane, packet: Uint8Array, from: number, to: number): Uint8Array | undefined {
    const { library, scratch } = this.#methods
    const outBytes = scratch.address + SCRATCH.outBytes
    const at = this.#packet.address + from
    library.call.EVP_CIPHER_CTX_ctrl(lane.context, SET_TAG, TAG_BYTES, this.#packet.address + to)
    if (to > from) library.call.EVP_CipherUpdate(lane.context, at, outBytes, at, to - from)
    if (library.call.EVP_CipherFinal_ex(lane.context, at, outBytes) !== 1) {
      library.call.ERR_clear_error()
      return undefined
    }
    packet.set(this.#packet.bytes.subarray(from, to), from)
    return packet.subarray(0, to)
  }
}
