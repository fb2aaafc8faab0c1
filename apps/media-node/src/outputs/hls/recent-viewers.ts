/** Viewers remembered at most; more are not counted. */
const MAX_VIEWERS = 100_000

/**
 * Counts viewers that have no connection of their own: who asked for something lately. A viewer is any string that tells
 * one from another.
 */
export class RecentViewers {
  /** Time of the last request by viewer, the oldest first. */
  readonly #lastMs = new Map<string, number>()

  seen(viewer: string, nowMs: number): void {
    if (!this.#lastMs.delete(viewer) && this.#lastMs.size >= MAX_VIEWERS) return
    this.#lastMs.set(viewer, nowMs)
  }

  /** Viewers seen since `sinceMs`; the others are forgotten. */
  count(sinceMs: number): number {
    for (const [viewer, lastMs] of this.#lastMs) {
      if (lastMs >= sinceMs) break
      this.#lastMs.delete(viewer)
    }
    return this.#lastMs.size
  }
}
