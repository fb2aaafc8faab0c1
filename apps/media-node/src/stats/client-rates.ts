import type { Client } from './clients.ts'

interface Mark {
  readonly atMs: number
  readonly bytes: number
}

const MARK_MS = 15_000

/**
 * Mean rates of clients over the last 15 to 30 s. Of each client two counters are kept, so that thousands of them cost
 * little.
 */
export class ClientRates {
  readonly #marks = new WeakMap<object, { older: Mark | undefined; newer: Mark }>()
  readonly #timer: NodeJS.Timeout

  /** @param clients all there are at the moment */
  constructor(clients: () => Iterable<Client>) {
    this.#timer = setInterval(() => {
      const atMs = performance.now()
      for (const { identity, bytes } of clients()) {
        this.#marks.set(identity, { older: this.#marks.get(identity)?.newer, newer: { atMs, bytes: bytes() } })
      }
    }, MARK_MS).unref()
  }

  /** Of one who has come since the marks before the last, the mean of all its time. */
  bitrateBps({ identity, bytes, aliveMs }: Client): number {
    const older = this.#marks.get(identity)?.older
    const ms = older ? performance.now() - older.atMs : aliveMs()
    // of the first moments a rate says nothing
    return ms < 1000 ? 0 : ((bytes() - (older?.bytes ?? 0)) * 8000) / ms
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
