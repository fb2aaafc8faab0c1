import type { Random } from './random.ts'
import type { FakeScheduler } from './scheduler.ts'

/** What a link does to what is sent; shares are of 1. */
export interface LossyLinkOptions {
  /** Share that never arrives; default 0. */
  readonly loss?: number
  /** Share that arrives twice; default 0. */
  readonly duplicates?: number
  /** Time on the way, evenly spread: a spread wider than the time between two packets reorders them. Default 0. */
  readonly delayMs?: readonly [least: number, most: number]
}

/** A one-way network path with seeded faults: what is sent arrives late, twice, in another order or never. */
export class LossyLink<T> {
  readonly #scheduler: FakeScheduler
  readonly #random: Random
  readonly #options: LossyLinkOptions
  readonly #deliver: (item: T) => void

  constructor(scheduler: FakeScheduler, random: Random, options: LossyLinkOptions, deliver: (item: T) => void) {
    this.#scheduler = scheduler
    this.#random = random
    this.#options = options
    this.#deliver = deliver
  }

  send(item: T): void {
    const { loss = 0, duplicates = 0 } = this.#options
    if (this.#random.next() < loss) return
    this.#arrive(item)
    if (this.#random.next() < duplicates) this.#arrive(item)
  }

  #arrive(item: T): void {
    const [least, most] = this.#options.delayMs ?? [0, 0]
    this.#scheduler.after(least + this.#random.next() * (most - least), () => this.#deliver(item))
  }
}
