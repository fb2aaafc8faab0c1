import type { Fragment, HandshakeMessage } from './handshake-message.ts'
import { ALERT, failure } from './protocol.ts'

/** Of one message: certificates are the longest. */
const MAX_MESSAGE_BYTES = 16_384
/** Of all messages that wait for an earlier one. */
const MAX_AHEAD_BYTES = 16_384
/** A flight has at most five messages. */
const MAX_AHEAD_MESSAGES = 8

interface Unfinished {
  readonly type: number
  readonly body: Uint8Array
  /** 1 for each byte that is there. */
  readonly there: Uint8Array
  missingBytes: number
}

/** Puts messages together from fragments in any order, doubled or overlapping, and hands them out in theirs. */
export class HandshakeAssembler {
  readonly #unfinished = new Map<number, Unfinished>()
  #next = 0

  /** @throws ProtocolError `DTLS_HANDSHAKE` for a message that is too long, or a fragment that isn't within its message */
  add(fragment: Fragment): void {
    const { sequence, offset, bytes, totalBytes, type } = fragment
    if (sequence < this.#next || sequence >= this.#next + MAX_AHEAD_MESSAGES) return
    if (totalBytes > MAX_MESSAGE_BYTES || offset + bytes.length > totalBytes) {
      throw failure(ALERT.decodeError, `a fragment from ${offset} of a message of ${totalBytes} bytes`)
    }
    const message = this.#unfinished.get(sequence) ?? this.#begin(fragment)
    if (!message || message.type !== type || message.body.length !== totalBytes) return
    for (const [i, byte] of bytes.entries()) {
      if (message.there[offset + i] === 1) continue
      message.there[offset + i] = 1
      message.body[offset + i] = byte
      message.missingBytes--
    }
  }

  /** The next message when it is whole. */
  take(): HandshakeMessage | undefined {
    const message = this.#unfinished.get(this.#next)
    if (!message || message.missingBytes > 0) return undefined
    const sequence = this.#next++
    this.#unfinished.delete(sequence)
    return { type: message.type, sequence, body: message.body }
  }

  /** Forgets what was not handed out: what comes next has to be protected. */
  clear(): void {
    this.#unfinished.clear()
  }

  #begin({ sequence, totalBytes, type }: Fragment): Unfinished | undefined {
    let aheadBytes = totalBytes
    for (const [other, { body }] of this.#unfinished) if (other !== this.#next) aheadBytes += body.length
    if (sequence !== this.#next && aheadBytes > MAX_AHEAD_BYTES) return undefined
    const message = {
      type,
      body: new Uint8Array(totalBytes),
      there: new Uint8Array(totalBytes),
      missingBytes: totalBytes,
    }
    this.#unfinished.set(sequence, message)
    return message
  }
}
