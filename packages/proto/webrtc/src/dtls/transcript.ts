import { hash } from 'node:crypto'

import { concatBytes } from '@millrace/bytes'

import { type HandshakeMessage, writeFragment } from './handshake-message.ts'

/** All messages of a handshake so far, as if none had been cut. @see RFC 6347 §4.2.6 */
export class Transcript {
  #messages: Uint8Array[] = []

  add(message: HandshakeMessage): void {
    this.#messages.push(writeFragment(message))
  }

  /** A hello that was only asked for again doesn't count. */
  clear(): void {
    this.#messages = []
  }

  bytes(): Uint8Array {
    return concatBytes(this.#messages)
  }

  /** By SHA-256. */
  hash(): Uint8Array {
    return new Uint8Array(hash('sha256', this.bytes(), 'buffer'))
  }
}
