import { Accumulator } from '@millrace/bytes'
import { ProtocolError } from '@millrace/core'

import { CLIENT_KEY, findDigest, HANDSHAKE_BYTES, SERVER_KEY, signAnswer, signPacket } from './handshake-digest.ts'
import type { RandomBytes } from './server-handshake.ts'

/** How a client introduces itself: signed by schema 1, or in the simple way. */
export type HandshakeMode = 'digest' | 'simple'

const VERSION = 3
/** C1's version: Flash Player 10, from which on servers expect a signature. */
const CLIENT_VERSION = [0x80, 0, 7, 2]

/**
 * The client's handshake: C0 and C1 first, C2 when S1 is whole. S1 and S2 are not checked; C2 is signed if S1 is, else it
 * repeats S1.
 *
 * @see Adobe RTMP 1.0 §5.2
 */
export class ClientHandshake {
  readonly #random: RandomBytes
  readonly #pending = new Accumulator()
  #state: 's1' | 's2' | 'done' = 's1'

  constructor(random: RandomBytes) {
    this.#random = random
  }

  get done(): boolean {
    return this.#state === 'done'
  }

  /** C0 and C1. */
  start(mode: HandshakeMode, nowMs: number): Uint8Array {
    const out = this.#random(1 + HANDSHAKE_BYTES)
    const c1 = out.subarray(1)
    out[0] = VERSION
    new DataView(c1.buffer, c1.byteOffset).setUint32(0, nowMs >>> 0)
    c1.set(mode === 'digest' ? CLIENT_VERSION : [0, 0, 0, 0], 4)
    if (mode === 'digest') signPacket(c1, 1, CLIENT_KEY)
    return out
  }

  /** Takes received bytes. Returns C2 once. Throws ProtocolError `RTMP_VERSION`. */
  push(data: Uint8Array): Uint8Array | null {
    this.#pending.push(data)
    let answer: Uint8Array | null = null
    if (this.#state === 's1' && this.#pending.length > 0) answer = this.#takeS1()
    if (this.#state === 's2' && this.#pending.length >= HANDSHAKE_BYTES) {
      this.#pending.skip(HANDSHAKE_BYTES)
      this.#state = 'done'
    }
    return answer
  }

  /** What came behind S2, once. */
  takeRest(): Uint8Array {
    return this.#pending.read(this.#pending.length)
  }

  #takeS1(): Uint8Array | null {
    const version = this.#pending.at(0)
    if (version !== VERSION) {
      throw new ProtocolError('RTMP_VERSION', `RTMP version ${version}, not ${VERSION}`, { details: { version } })
    }
    if (this.#pending.length < 1 + HANDSHAKE_BYTES) return null
    const s1 = this.#pending.read(1 + HANDSHAKE_BYTES).subarray(1)
    this.#state = 's2'
    const signed = findDigest(s1, SERVER_KEY)
    if (!signed) return s1.slice()
    const c2 = this.#random(HANDSHAKE_BYTES)
    signAnswer(c2, signed.digest, CLIENT_KEY)
    return c2
  }
}
