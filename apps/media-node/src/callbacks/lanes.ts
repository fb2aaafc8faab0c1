/** Work in lanes: in each one thing after the other, in the order in which it was wanted. */
export class Lanes {
  readonly #ends = new Map<string, Promise<void>>()
  #waiting = 0

  /** What waits or is under way. */
  get size(): number {
    return this.#waiting
  }

  /** Does `work` after all that was wanted of the lane before, whatever came of that. */
  do<T>(lane: string, work: () => Promise<T>): Promise<T> {
    this.#waiting++
    const done = (this.#ends.get(lane) ?? Promise.resolve()).then(work)
    const end: Promise<void> = done.then(
      () => this.#ended(lane, end),
      () => this.#ended(lane, end),
    )
    this.#ends.set(lane, end)
    return done
  }

  /** Resolves when all lanes are empty. */
  async empty(): Promise<void> {
    while (this.#ends.size > 0) await Promise.all(this.#ends.values())
  }

  #ended(lane: string, end: Promise<void>): void {
    this.#waiting--
    if (this.#ends.get(lane) === end) this.#ends.delete(lane)
  }
}
