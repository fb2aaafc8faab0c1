import { concatBytes } from '@millrace/bytes'
import type { CodedError, Output } from '@millrace/core'

/** What a session wants done, in order. Bytes to send that follow each other leave as one piece. */
export class OutputQueue<E> {
  #outputs: Output<E>[] = []
  #next = 0
  #closed = false

  get closed(): boolean {
    return this.#closed
  }

  send(data: Uint8Array): void {
    if (!this.#closed) this.#outputs.push({ type: 'send', data })
  }

  event(event: E): void {
    if (!this.#closed) this.#outputs.push({ type: 'event', event })
  }

  /** Ends the queue; only the first call counts. */
  close(reason: CodedError | null): void {
    if (!this.#closed) this.#outputs.push({ type: 'closed', reason })
    this.#closed = true
  }

  poll(): Output<E> | undefined {
    const output = this.#outputs[this.#next]
    if (!output) {
      this.#outputs = []
      this.#next = 0
      return undefined
    }
    this.#next++
    return output.type === 'send' ? { type: 'send', data: this.#merge(output.data) } : output
  }

  #merge(first: Uint8Array): Uint8Array {
    const parts = [first]
    for (let next = this.#outputs[this.#next]; next?.type === 'send'; next = this.#outputs[++this.#next]) {
      parts.push(next.data)
    }
    return parts.length === 1 ? first : concatBytes(parts)
  }
}
