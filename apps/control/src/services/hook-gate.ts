import { ServiceError } from '@millrace/core'
import type { AddressGuard } from '@millrace/address-guard'

/** Calls at the same time to one vhost's hook, by one process. */
const MAX_AT_ONCE = 32

interface Lane {
  running: number
  waiting: (() => void)[]
}

/**
 * Lets a bounded number of calls to each hook run at the same time; the others wait for their turn. Each hook has its own
 * lane, so that one that hangs is in nobody else's way.
 */
export class HookGate {
  readonly #lanes = new Map<string, Lane>()
  readonly #maxAtOnce: number

  constructor(maxAtOnce = MAX_AT_ONCE) {
    this.#maxAtOnce = maxAtOnce
  }

  /**
   * Runs `call` when it is its turn, with the time that is left. Throws ServiceError `HOOK_BUSY` when its turn doesn't come
   * within `deadlineMs`.
   */
  async run<T>(lane: string, deadlineMs: number, call: (leftMs: number) => Promise<T>): Promise<T> {
    const startedMs = performance.now()
    await this.#enter(lane, deadlineMs)
    try {
      return await call(Math.max(1, Math.floor(deadlineMs - (performance.now() - startedMs))))
    } finally {
      this.#leave(lane)
    }
  }

  async #enter(name: string, deadlineMs: number): Promise<void> {
    let lane = this.#lanes.get(name)
    if (lane === undefined) this.#lanes.set(name, (lane = { running: 0, waiting: [] }))
    if (lane.running < this.#maxAtOnce) {
      lane.running++
      return
    }
    const { waiting } = lane
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    waiting.push(resolve)
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(resolve), 1)
      reject(new ServiceError('HOOK_BUSY', 'too many calls of this hook wait for an answer'))
    }, deadlineMs)
    await promise.finally(() => clearTimeout(timer))
  }

  #leave(name: string): void {
    const lane = this.#lanes.get(name)!
    // whoever is next takes the place over
    const next = lane.waiting.shift()
    if (next !== undefined) next()
    else if (--lane.running === 0) this.#lanes.delete(name)
  }
}

/** What calls of hooks go through. */
export interface HookDeps {
  /** Says which addresses may be called. */
  guard: AddressGuard
  gate: HookGate
}
