import { ProtocolError } from '@millrace/core'

import type { RtmpMessage } from './message.ts'

/** What a held message costs beside its payload. */
const OVERHEAD_BYTES = 64

/** Media that came before the answer to `publish`. */
export class HeldMedia {
  readonly #maxBytes: number
  #messages: RtmpMessage[] = []
  #bytes = 0

  /** @param maxBytes of all that is held */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Keeps a message. Throws ProtocolError `RTMP_HELD_TOO_LARGE` when it is too much. */
  add(message: RtmpMessage): void {
    this.#bytes += message.payload.length + OVERHEAD_BYTES
    if (this.#bytes > this.#maxBytes) {
      throw new ProtocolError('RTMP_HELD_TOO_LARGE', `over ${this.#maxBytes} bytes before publish was answered`)
    }
    // a copy: a few bytes must not hold on to all that was received with them
    this.#messages.push({ ...message, payload: message.payload.slice() })
  }

  /** All that is held, which then is no longer. */
  take(): readonly RtmpMessage[] {
    const messages = this.#messages
    this.#messages = []
    this.#bytes = 0
    return messages
  }
}
