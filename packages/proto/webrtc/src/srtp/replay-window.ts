/** Packets that may be late by, and are still told from those that had been there. */
const WINDOW_PACKETS = 1024

/** Knows which of the last 1,024 indexes have been there. @see RFC 3711 §3.3.2 */
export class ReplayWindow {
  /** Index i has bit i mod 1,024. */
  readonly #seen = new Uint32Array(WINDOW_PACKETS / 32)
  #highest = -1

  /** The highest index noted; -1 before the first. */
  get highest(): number {
    return this.#highest
  }

  /** Whether a packet may come in: neither noted before nor older than the window. */
  admits(index: number): boolean {
    if (index > this.#highest) return true
    if (this.#highest - index >= WINDOW_PACKETS) return false
    const bit = index % WINDOW_PACKETS
    return ((this.#seen[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0
  }

  /** Notes the index of a packet whose authentication has succeeded, and that was admitted. */
  note(index: number): void {
    if (index > this.#highest) this.#advance(index)
    const bit = index % WINDOW_PACKETS
    const word = bit >>> 5
    this.#seen[word] = (this.#seen[word] ?? 0) | (1 << (bit & 31))
  }

  #advance(index: number): void {
    if (index - this.#highest >= WINDOW_PACKETS) this.#seen.fill(0)
    else {
      for (let passed = this.#highest + 1; passed <= index; passed++) {
        const bit = passed % WINDOW_PACKETS
        const word = bit >>> 5
        this.#seen[word] = (this.#seen[word] ?? 0) & ~(1 << (bit & 31))
      }
    }
    this.#highest = index
  }
}
