import type { Logger } from '@millrace/core'

/** What a node that is drained does with its parts. */
export interface DrainDeps {
  /** Take nobody new, or again. */
  refuse: (draining: boolean) => void
  /** Give long work to other nodes. */
  handOver: () => Promise<void>
  /** Take long work again. */
  takeBack: () => void
  /** End what is left. */
  empty: () => void
  /** Time after which `empty` is called. */
  deadlineMs: number
  logger: Logger
}

/** Empties a node: nobody new, long work to others, the rest may stay until it goes or the deadline. */
export class Drain {
  readonly #deps: DrainDeps
  #deadline: NodeJS.Timeout | undefined
  #draining = false

  constructor(deps: DrainDeps) {
    this.#deps = deps
  }

  /** Begins; a second call changes nothing. */
  async begin(): Promise<void> {
    if (this.#draining) return
    this.#draining = true
    const { refuse, handOver, empty, deadlineMs, logger } = this.#deps
    logger.warn({ deadline_ms: deadlineMs }, 'draining: publishers and players are refused')
    refuse(true)
    this.#deadline = setTimeout(() => {
      logger.warn({}, 'draining: the deadline has passed, everybody is disconnected')
      empty()
    }, deadlineMs).unref()
    await handOver()
  }

  /** Ends it: the node takes everything again. */
  end(): void {
    if (!this.#draining) return
    this.#draining = false
    clearTimeout(this.#deadline)
    this.#deps.logger.warn({}, 'draining is over')
    this.#deps.refuse(false)
    this.#deps.takeBack()
  }

  close(): void {
    clearTimeout(this.#deadline)
  }
}
