import { InvariantError } from '@millrace/core'

import type { SrtpCounters, SrtpProfile, SrtpSession } from '../engine.ts'
import { ReplayWindow } from './replay-window.ts'

/** Bytes of the authentication tag of each profile. @see RFC 5764 §4.1.2, RFC 7714 §14.2 */
export const SRTP_TAG_BYTES: Readonly<Record<SrtpProfile, number>> = {
  SRTP_AEAD_AES_128_GCM: 16,
  SRTP_AES128_CM_SHA1_80: 10,
}

/** SSRCs of which a peer may have packets in one session. */
const MAX_STREAMS = 256
const RTP_HEADER_BYTES = 12
/** First header and SSRC, which stay plain. */
const RTCP_CLEAR_BYTES = 8
const SRTCP_INDEX_BYTES = 4
const ENCRYPTED_FLAG = 0x8000_0000

/**
 * What an engine does with the keys of one peer. It is only given packets that are long enough; what `seal…` returns is its own
 * memory and good until its next call, and what `open…` returns lies in the memory of the packet.
 */
export interface SrtpCipher {
  /** @param index 48 bits; its lower 16 are those of the header */
  sealRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array
  /** @returns undefined for a wrong tag */
  openRtp(packet: Uint8Array, headerBytes: number, index: number): Uint8Array | undefined
  /** @param indexWord index of 31 bits under the flag that says encrypted */
  sealRtcp(packet: Uint8Array, indexWord: number): Uint8Array
  /** @returns undefined for a wrong tag */
  openRtcp(packet: Uint8Array, indexWord: number): Uint8Array | undefined
  close(): void
}

/**
 * Where the payload of a protected or plain packet begins; -1 for what isn't an RTP packet.
 *
 * @see RFC 3550 §5.1
 */
function rtpPayloadOffset(packet: Uint8Array): number {
  const first = packet[0] ?? 0
  if (packet.length < RTP_HEADER_BYTES || first >> 6 !== 2) return -1
  let offset = RTP_HEADER_BYTES + (first & 0x0f) * 4
  if (first & 0x10) offset += 4 + ((packet[offset + 2] ?? 0) * 256 + (packet[offset + 3] ?? 0)) * 4
  return offset <= packet.length ? offset : -1
}

/** Indexes, replay protection and counters of a peer's packets, over the ciphers of any engine. @see RFC 3711 §3.3 */
export class SrtpEndpoint<C extends SrtpCipher> implements SrtpSession {
  readonly cipher: C
  readonly counters: { -readonly [K in keyof SrtpCounters]: number } = { replayed: 0, forged: 0 }
  readonly #tagBytes: number
  readonly #rtcpIndexOffset: number
  /** Of RTP and of RTCP, by SSRC. */
  readonly #rtpWindows = new Map<number, ReplayWindow>()
  readonly #rtcpWindows = new Map<number, ReplayWindow>()
  #nextRtcpIndex = 0
  #closed = false

  constructor(profile: SrtpProfile, cipher: C) {
    this.cipher = cipher
    this.#tagBytes = SRTP_TAG_BYTES[profile]
    // the tag is before the index for GCM, and behind it for CM
    this.#rtcpIndexOffset = SRTCP_INDEX_BYTES + (profile === 'SRTP_AEAD_AES_128_GCM' ? 0 : this.#tagBytes)
  }

  get closed(): boolean {
    return this.#closed
  }

  unprotectRtp(packet: Uint8Array): Uint8Array | undefined {
    const headerBytes = rtpPayloadOffset(packet)
    if (this.#closed || headerBytes < 0 || packet.length < headerBytes + this.#tagBytes) return this.#forged()
    const sequence = readU16(packet, 2)
    const ssrc = readU32(packet, 8)
    const window = this.#rtpWindows.get(ssrc)
    const index = window ? nearestIndex(sequence, window.highest) : sequence
    return this.#letIn(this.#rtpWindows, ssrc, index, () => this.cipher.openRtp(packet, headerBytes, index))
  }

  unprotectRtcp(packet: Uint8Array): Uint8Array | undefined {
    const isRtcp = (packet[0] ?? 0) >> 6 === 2
    if (this.#closed || !isRtcp || packet.length < RTCP_CLEAR_BYTES + SRTCP_INDEX_BYTES + this.#tagBytes) {
      return this.#forged()
    }
    const indexWord = readU32(packet, packet.length - this.#rtcpIndexOffset)
    // plain SRTCP was not agreed on
    if (indexWord < ENCRYPTED_FLAG) return this.#forged()
    const index = indexWord - ENCRYPTED_FLAG
    return this.#letIn(this.#rtcpWindows, readU32(packet, 4), index, () => this.cipher.openRtcp(packet, indexWord))
  }

  protectRtp(packet: Uint8Array, index: number): Uint8Array {
    const headerBytes = rtpPayloadOffset(packet)
    if (this.#closed || headerBytes < 0) throw unfit('RTP')
    return this.cipher.sealRtp(packet, headerBytes, index)
  }

  protectRtcp(packet: Uint8Array): Uint8Array {
    if (this.#closed || packet.length < RTCP_CLEAR_BYTES) throw unfit('RTCP')
    const index = this.#nextRtcpIndex
    this.#nextRtcpIndex = (index + 1) % ENCRYPTED_FLAG
    return this.cipher.sealRtcp(packet, index + ENCRYPTED_FLAG)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.cipher.close()
  }

  #letIn(
    windows: Map<number, ReplayWindow>,
    ssrc: number,
    index: number,
    open: () => Uint8Array | undefined,
  ): Uint8Array | undefined {
    const known = windows.get(ssrc)
    if (!known && windows.size >= MAX_STREAMS) return this.#forged()
    if (known && !known.admits(index)) {
      this.counters.replayed++
      return undefined
    }
    const plain = open()
    if (!plain) return this.#forged()
    const window = known ?? new ReplayWindow()
    if (!known) windows.set(ssrc, window)
    window.note(index)
    return plain
  }

  #forged(): undefined {
    this.counters.forged++
    return undefined
  }
}

/** @see RFC 3711 §3.3.1 */
function nearestIndex(sequence: number, highest: number): number {
  const index = highest + (((sequence - highest) << 16) >> 16)
  return index < 0 ? sequence : index
}

const readU16 = (bytes: Uint8Array, offset: number): number => (bytes[offset] ?? 0) * 256 + (bytes[offset + 1] ?? 0)
const readU32 = (bytes: Uint8Array, offset: number): number =>
  readU16(bytes, offset) * 0x1_0000 + readU16(bytes, offset + 2)
const unfit = (kind: string): InvariantError =>
  new InvariantError('SRTP_UNFIT', `no ${kind} packet to protect, or a closed session`)
