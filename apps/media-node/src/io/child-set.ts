import type { Child } from './child.ts'

/** Starts a program; undefined when it can't be, which is said elsewhere. */
export type StartChild = () => Child | undefined

/**
 * The programs of one purpose, each under a text that says all it was started by. A change ends what is no longer wanted, and starts
 * what is new as soon as that has ended: both may have the same output. The others don't notice.
 */
export class ChildSet {
  readonly #running = new Map<string, Child | undefined>()
  #wanted: ReadonlyMap<string, StartChild> = new Map()
  /** What ends at the moment. */
  #ending: Promise<unknown> = Promise.resolve()
  #isEnding = false

  /** Makes the programs these. */
  update(wanted: ReadonlyMap<string, StartChild>): void {
    this.#wanted = wanted
    const gone = [...this.#running].filter(([told]) => !wanted.has(told))
    for (const [told] of gone) this.#running.delete(told)
    const stopped = gone.flatMap(([, child]) => (child ? [child.stop()] : []))
    if (stopped.length > 0) this.#wait(Promise.all([this.#ending, ...stopped]))
    if (!this.#isEnding) this.#startAll()
  }

  /** Ends all. */
  async close(): Promise<void> {
    this.update(new Map())
    await this.#ending
  }

  #wait(ending: Promise<unknown>): void {
    this.#ending = ending
    this.#isEnding = true
    void ending.then(() => {
      if (this.#ending !== ending) return
      this.#isEnding = false
      this.#startAll()
    })
  }

  #startAll(): void {
    for (const [told, start] of this.#wanted) if (!this.#running.has(told)) this.#running.set(told, start())
  }
}
