import { backoffMs, type BackoffOptions } from '@millrace/core'

export interface StorageLaneOptions {
  /** Uploads at once when all goes well. */
  readonly parallel: number
  /** Delays after failures, default 0.5 to 15 s. */
  readonly retry?: BackoffOptions
  /** Longest time without progress beyond what the link's speed accounts for, default 20 s. */
  readonly idleMs?: number
}

const RETRY: BackoffOptions = { baseMs: 500, maxMs: 15_000, jitter: 0.3 }
/** Bytes per second that a link is taken to have at least: a little less than 100 kbit/s. */
const SLOWEST = 8000
/** The same while nothing is known. */
const UNKNOWN = 100_000
/** A link may become this much slower from one upload to the next. */
const PATIENCE = 4
/** Each failure lets the link count as this much slower: two or three, and the slowest one is waited for. */
const DISTRUST = 32

/**
 * How fast uploads to one storage go. After a failure it is left alone for a while, longer each time, and tried with half as many
 * uploads at once; each success adds one. A link that is slow is thus used by few uploads that succeed and not by many that
 * time out. Times are monotonic.
 */
export class StorageLane {
  readonly #options: StorageLaneOptions
  #allowed: number
  #active = 0
  #activeBytes = 0
  #failures = 0
  #notBeforeMs = 0
  /** Bytes per second of uploads of late, all together. */
  #bytesPerSecond = UNKNOWN

  constructor(options: StorageLaneOptions) {
    this.#options = options
    this.#allowed = options.parallel
  }

  /** When an upload may start: a time that is not over, or Infinity while enough are on their way. */
  nextAtMs(): number {
    return this.#active < this.#allowed ? this.#notBeforeMs : Infinity
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures
  }

  started(bytes: number): void {
    this.#active++
    this.#activeBytes += bytes
  }

  /**
   * How long an upload may make no progress. The system takes some megabytes from it at once, so a link's speed
   * shows only in how late the answer comes.
   */
  get idleMs(): number {
    const { idleMs = 20_000 } = this.#options
    return idleMs + (1000 * this.#activeBytes) / Math.max(SLOWEST, this.#bytesPerSecond / PATIENCE)
  }

  succeeded(bytes: number, tookMs: number): void {
    this.#ended(bytes)
    this.#failures = 0
    this.#notBeforeMs = 0
    this.#allowed = Math.min(this.#options.parallel, this.#allowed + 1)
    // those that ran beside it shared the link, so that it is at least as fast as this
    const measured = (bytes * 1000) / Math.max(1, tookMs)
    this.#bytesPerSecond = Math.max(measured, (this.#bytesPerSecond + measured) / 2)
  }

  failed(bytes: number, nowMs: number): void {
    this.#ended(bytes)
    // the others that were on their way then fail for the same reason
    if (nowMs < this.#notBeforeMs) return
    this.#bytesPerSecond = Math.max(SLOWEST, this.#bytesPerSecond / DISTRUST)
    this.#allowed = Math.max(1, this.#allowed >> 1)
    this.#notBeforeMs = nowMs + backoffMs(this.#failures++, { ...RETRY, ...this.#options.retry })
  }

  /** What was in the way may be over: the next try is now. */
  wake(): void {
    this.#notBeforeMs = 0
  }

  /** It ended for a reason that is not the storage's. */
  cancelled(bytes: number): void {
    this.#ended(bytes)
  }

  #ended(bytes: number): void {
    this.#active--
    this.#activeBytes -= bytes
  }
}
