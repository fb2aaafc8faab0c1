import { Accumulator } from '@millrace/bytes'
import { ProtocolError } from '@millrace/core'

import { CLIENT_KEY, findDigest, HANDSHAKE_BYTES, SERVER_KEY, signAnswer, signPacket } from './handshake-digest.ts'

/** Gives `length` bytes of cryptographic randomness, in a new buffer. */
export type RandomBytes = (length: number) => Uint8Array

const VERSION = 3
const PROXY_PREFIX = 0xf3
/** Longest proxy prefix that SRS's proxies send. */
const MAX_PROXY_BYTES = 1024
/** S1's version: Flash Media Server 5, which every client takes as "signs its packets". */
const SERVER_VERSION = [1, 0, 5, 4]

/**
 * The server's handshake: answers C0 and C1 with S0, S1 and S2, then waits for C2, which no server checks. Signs when C1
 * is signed by either schema, else answers in the simple way. A proxy's prefix (0xF3, 2-byte length, the client's
 * IPv4 address) may come before C0.
 *
 * @see Adobe RTMP 1.0 §5.2; the digest is not in the specification, every implementation does it alike
 */
export class ServerHandshake {
  readonly #random: RandomBytes
  readonly #pending = new Accumulator()
  #state: 'start' | 'proxy' | 'c1' | 'c2' | 'done' = 'start'
  #proxiedIp: string | null = null

  constructor(random: RandomBytes) {
    this.#random = random
  }

  get done(): boolean {
    return this.#state === 'done'
  }

  /** The client's address as a proxy told it: unproven, fit for logs only. */
  get proxiedIp(): string | null {
    return this.#proxiedIp
  }

  /**
   * Takes received bytes. Returns S0, S1 and S2 once, when C1 is whole. Throws ProtocolError `RTMP_VERSION` if the first
   * byte is no RTMP, `RTMP_PROXY_PREFIX` if the prefix is too long.
   */
  push(data: Uint8Array, nowMs: number): Uint8Array | null {
    this.#pending.push(data)
    let answer: Uint8Array | null = null
    for (;;) {
      const next = this.#step(nowMs)
      if (next === 'wait') return answer
      answer ??= next
    }
  }

  /** What came behind C2, once. */
  takeRest(): Uint8Array {
    return this.#pending.read(this.#pending.length)
  }

  /** One packet. Returns what to send for it, null for nothing, or that it isn't whole. */
  #step(nowMs: number): Uint8Array | null | 'wait' {
    const { length } = this.#pending
    switch (this.#state) {
      case 'start':
        if (length < 1) return 'wait'
        this.#state = this.#pending.at(0) === PROXY_PREFIX ? 'proxy' : 'c1'
        return null
      case 'proxy':
        return this.#takeProxyPrefix(length)
      case 'c1':
        return this.#takeC1(length, nowMs)
      case 'c2':
        if (length < HANDSHAKE_BYTES) return 'wait'
        this.#pending.skip(HANDSHAKE_BYTES)
        this.#state = 'done'
        return null
      case 'done':
        return 'wait'
    }
  }

  #takeProxyPrefix(length: number): null | 'wait' {
    if (length < 3) return 'wait'
    const size = this.#pending.at(1) * 256 + this.#pending.at(2)
    if (size > MAX_PROXY_BYTES) throw new ProtocolError('RTMP_PROXY_PREFIX', `proxy prefix of ${size} bytes`)
    if (length < 3 + size) return 'wait'
    const prefix = this.#pending.read(3 + size)
    if (size >= 4) this.#proxiedIp = prefix.subarray(3, 7).join('.')
    this.#state = 'c1'
    return null
  }

  #takeC1(length: number, nowMs: number): Uint8Array | 'wait' {
    if (length < 1) return 'wait'
    const version = this.#pending.at(0)
    if (version !== VERSION) {
      throw new ProtocolError('RTMP_VERSION', `RTMP version ${version}, not ${VERSION}`, { details: { version } })
    }
    if (length < 1 + HANDSHAKE_BYTES) return 'wait'
    const c1 = this.#pending.read(1 + HANDSHAKE_BYTES).subarray(1)
    this.#state = 'c2'
    return this.#answer(c1, nowMs)
  }

  #answer(c1: Uint8Array, nowMs: number): Uint8Array {
    const out = this.#random(1 + 2 * HANDSHAKE_BYTES)
    const s1 = out.subarray(1, 1 + HANDSHAKE_BYTES)
    const s2 = out.subarray(1 + HANDSHAKE_BYTES)
    out[0] = VERSION
    new DataView(s1.buffer, s1.byteOffset).setUint32(0, nowMs >>> 0)
    const signed = findDigest(c1, CLIENT_KEY)
    if (signed) {
      s1.set(SERVER_VERSION, 4)
      signPacket(s1, signed.schema, SERVER_KEY)
      signAnswer(s2, signed.digest, SERVER_KEY)
    } else {
      s1.set(c1.subarray(0, 4), 4)
      s2.set(c1)
    }
    return out
  }
}
