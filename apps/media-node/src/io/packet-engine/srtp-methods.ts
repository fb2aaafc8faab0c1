import { InvariantError } from '@millrace/core'
import type { DirectionKeys, PacketKeys, SrtpCipher, SrtpProfile } from '@millrace/webrtc'

import type { NativeMemory } from './native.ts'
import type { OpensslLibrary } from './openssl-library.ts'

/** Bytes that `seal` may write behind a plain packet: the tag, or what SHA-1 pads with. */
export const SEAL_ROOM_BYTES = 80
/** First header and SSRC of RTCP, which stay plain. */
export const RTCP_CLEAR_BYTES = 8
/** Index and flag at the end of SRTCP. */
export const WORD_BYTES = 4
/** Where things lie in the memory that the sessions of an engine share. */
export const SCRATCH = { iv: 0, word: 16, outBytes: 24, inner: 32, outer: 128, outerBlock: 224, bytes: 288 } as const
/** Where things lie in a lane's memory, which native code of ours reads as well. */
export const LANE = { salt: 0, inner: 16, outer: 36, bytes: 56 } as const

const ENCRYPT = 1
const DECRYPT = 0
const UNCHANGED = -1
const SHA1_BLOCK_BYTES = 64
const SHA1_BYTES = 20

/** An SRTP cipher that also works on packets in native memory. */
export interface NativeCipher extends SrtpCipher {
  readonly profile: SrtpProfile
  readonly tagBytes: number
  /** Of outgoing RTP. */
  readonly lane: Lane
  /**
   * Protects an RTP packet whose header stands at `offset` in a memory that has SEAL_ROOM_BYTES to spare behind it.
   *
   * @param source address of the plain payload, which may be where it goes
   * @returns bytes of the packet
   */
  seal(
    memory: NativeMemory,
    offset: number,
    headerBytes: number,
    source: number,
    payloadBytes: number,
    index: number,
  ): number
}

/** The algorithms of an engine, and memory to call them with; its sessions share both. */
export interface SrtpMethods {
  readonly library: OpensslLibrary
  readonly gcm: number
  readonly ctr: number
  readonly scratch: NativeMemory
  readonly scratchWords: Uint32Array
  close(): void
}

/** @throws InvariantError `PACKET_ENGINE_OPENSSL` when they are switched off */
export function openSrtpMethods(library: OpensslLibrary): SrtpMethods {
  const { call, native } = library
  const gcm = call.EVP_CIPHER_fetch(0, 'AES-128-GCM', 0)
  const ctr = call.EVP_CIPHER_fetch(0, 'AES-128-CTR', 0)
  if (gcm === 0 || ctr === 0) throw new InvariantError('PACKET_ENGINE_OPENSSL', `no AES-128: ${library.failure()}`)
  const scratch = native.memory(SCRATCH.bytes)
  // the outer hash of an HMAC is over the block of the key and this one: the inner hash, then padding and the length in bits
  scratch.bytes[SCRATCH.outerBlock + SHA1_BYTES] = 0x80
  scratch.view.setUint32(SCRATCH.outerBlock + SHA1_BLOCK_BYTES - 4, (SHA1_BLOCK_BYTES + SHA1_BYTES) * 8)
  return {
    library,
    gcm,
    ctr,
    scratch,
    scratchWords: new Uint32Array(scratch.bytes.buffer),
    close() {
      call.EVP_CIPHER_free(gcm)
      call.EVP_CIPHER_free(ctr)
    },
  }
}

/** One direction and kind of packets: an EVP_CIPHER_CTX with its key, and memory with the salt and the hash states of the key. */
export interface Lane {
  readonly context: number
  readonly memory: NativeMemory
  readonly words: Uint32Array
}

/** The four lanes of a peer. */
export interface Lanes {
  readonly rtpOut: Lane
  readonly rtpIn: Lane
  readonly rtcpOut: Lane
  readonly rtcpIn: Lane
}

/** @param cipher one of the methods */
export function openLanes(methods: SrtpMethods, cipher: number, local: DirectionKeys, remote: DirectionKeys): Lanes {
  return {
    rtpOut: openLane(methods, cipher, local.rtp, ENCRYPT),
    rtpIn: openLane(methods, cipher, remote.rtp, DECRYPT),
    rtcpOut: openLane(methods, cipher, local.rtcp, ENCRYPT),
    rtcpIn: openLane(methods, cipher, remote.rtcp, DECRYPT),
  }
}

export function closeLanes({ library }: SrtpMethods, lanes: Lanes): void {
  for (const { context } of Object.values<Lane>({ ...lanes })) library.call.EVP_CIPHER_CTX_free(context)
}

function openLane(methods: SrtpMethods, cipher: number, keys: PacketKeys, direction: number): Lane {
  const { library, scratchWords } = methods
  const { call, native, packet } = library
  const context = call.EVP_CIPHER_CTX_new()
  packet.bytes.set(keys.key)
  const done = call.EVP_CipherInit_ex(context, cipher, 0, packet.address, 0, direction)
  if (done !== 1) throw new InvariantError('PACKET_ENGINE_OPENSSL', `a cipher refuses its key: ${library.failure()}`)
  const memory = native.memory(LANE.bytes)
  const words = new Uint32Array(memory.bytes.buffer)
  memory.bytes.set(keys.salt, LANE.salt)
  const hash = (pad: number, at: number): void => {
    packet.bytes.fill(pad, 0, SHA1_BLOCK_BYTES)
    for (const [i, byte] of keys.authKey.entries()) packet.bytes[i] = byte ^ pad
    call.SHA1_Init(methods.scratch.address + SCRATCH.inner)
    call.SHA1_Transform(methods.scratch.address + SCRATCH.inner, packet.address)
    words.set(scratchWords.subarray(SCRATCH.inner / 4, (SCRATCH.inner + SHA1_BYTES) / 4), at / 4)
  }
  hash(0x36, LANE.inner)
  hash(0x5c, LANE.outer)
  packet.bytes.fill(0, 0, SHA1_BLOCK_BYTES)
  return { context, memory, words }
}

/**
 * Sets a lane to a packet: its counter is the salt ⊕ (SSRC, index).
 *
 * @param at where the SSRC belongs: 2 for GCM, 4 for CM
 * @param index 48 bits, of RTCP 31
 * @see RFC 3711 §4.1.1, RFC 7714 §8.1 and §9.1
 */
export function setCounter(methods: SrtpMethods, lane: Lane, at: 2 | 4, ssrc: number, index: number): void {
  const { scratch, library } = methods
  const iv = scratch.view
  const salt = lane.memory.view
  iv.setUint32(0, salt.getUint32(0))
  iv.setUint32(at, salt.getUint32(at) ^ ssrc)
  iv.setUint32(at + 4, salt.getUint32(at + 4) ^ rollover(index))
  iv.setUint16(at + 8, salt.getUint16(at + 8) ^ index)
  library.call.EVP_CipherInit_ex(lane.context, 0, 0, 0, scratch.address + SCRATCH.iv, UNCHANGED)
}

/** The upper 32 of 48 bits. */
export function rollover(index: number): number {
  return Math.floor(index / 0x1_0000) >>> 0
}
