/**
 * Bounds what the GOP caches of all streams hold together. While there is room, a cache may have as much as its own bound
 * allows; when there is none, those above an equal share have to start anew.
 */
export class GopBudget {
  readonly #maxBytes: number
  #bytes = 0
  /** Caches that hold anything. */
  #holders = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes that all caches hold. */
  get bytes(): number {
    return this.#bytes
  }

  /** A cache holds other than before. */
  changed(beforeBytes: number, bytes: number): void {
    this.#bytes += bytes - beforeBytes
    this.#holders += Number(bytes > 0) - Number(beforeBytes > 0)
  }

  /** Whether a cache may not grow to `bytes`. */
  refuses(bytes: number): boolean {
    return this.#bytes > this.#maxBytes && bytes > this.#maxBytes / this.#holders
  }
}
