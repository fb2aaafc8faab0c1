import { readFile, rename, writeFile } from 'node:fs/promises'

import { desiredStateSchema, type DesiredState } from '@millrace/contracts'
import { errorCode, errorMessage, type Logger } from '@millrace/core'
import type { Scheduler } from '@millrace/hub'

import type { ControlReader } from './control-client.ts'

/** How often the control plane is asked, and so how soon a revocation takes effect. */
const POLL_MS = 2000
/** Between two questions out of turn. */
const MIN_REFRESH_MS = 1000

interface Stored {
  readonly etag: string
  readonly state: DesiredState
}

export interface DesiredStateFeedOptions {
  control: ControlReader
  /** Undefined until the node is registered. */
  nodeId: () => string | undefined
  /** Where the last state is kept for a start while the control plane is away. */
  file: string
  logger: Logger
  scheduler: Scheduler
}

/** What the control plane wants of this node: asked for every two seconds, kept on disk, told to whoever listens. */
export class DesiredStateFeed {
  readonly #options: DesiredStateFeedOptions
  readonly #listeners = new Set<(state: DesiredState) => void>()
  #stored: Stored | undefined
  #asking: Promise<void> | undefined
  #refreshing: Promise<void> | undefined
  #askedAtMs = Number.NEGATIVE_INFINITY
  #cancelPoll: (() => void) | undefined
  #failing = false
  #closed = false

  private constructor(options: DesiredStateFeedOptions, stored: Stored | undefined) {
    this.#options = options
    this.#stored = stored
  }

  /** Begins with what an earlier run left on disk; a file that can't be read counts as none. */
  static async open(options: DesiredStateFeedOptions): Promise<DesiredStateFeed> {
    return new DesiredStateFeed(options, await readStored(options.file))
  }

  /** The last known state; undefined before the control plane has ever answered. */
  get current(): DesiredState | undefined {
    return this.#stored?.state
  }

  /** Calls `listener` with each new state. */
  onChange(listener: (state: DesiredState) => void): void {
    this.#listeners.add(listener)
  }

  /** Asks now and then every two seconds. Resolves after the first answer, or its failure. */
  async start(): Promise<void> {
    await this.#ask()
    this.#schedule()
  }

  /**
   * Asks out of turn, once for all who want it at the moment, and a second after the last time at the earliest. The answer is
   * newer than the call. Never rejects.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#askAnew().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  close(): void {
    this.#closed = true
    this.#cancelPoll?.()
    this.#listeners.clear()
  }

  #schedule(): void {
    if (this.#closed) return
    this.#cancelPoll = this.#options.scheduler.after(POLL_MS, () => void this.#ask().finally(() => this.#schedule()))
  }

  async #askAnew(): Promise<void> {
    const { scheduler } = this.#options
    // the answer under way may be older than the wish
    await this.#asking
    const waitMs = this.#askedAtMs + MIN_REFRESH_MS - scheduler.nowMs()
    if (waitMs > 0) await new Promise<void>((resolve) => scheduler.after(waitMs, resolve))
    await this.#ask()
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#fetch().finally(() => {
      this.#asking = undefined
      this.#askedAtMs = this.#options.scheduler.nowMs()
    })
    return this.#asking
  }

  async #fetch(): Promise<void> {
    const { control, nodeId, logger } = this.#options
    const id = nodeId()
    if (id === undefined) return
    try {
      const answer = await control.get(`/node/v1/desired-state?node_id=${id}`, this.#stored?.etag)
      this.#failing = false
      if (answer !== 'not-modified')
        await this.#take({ etag: answer.etag, state: desiredStateSchema.parse(answer.body) })
    } catch (error) {
      // the heartbeat says the same at the same time, and every two seconds would be too often
      if (!this.#failing) logger.warn({ code: errorCode(error), error: errorMessage(error) }, 'desired state not read')
      this.#failing = true
    }
  }

  async #take(stored: Stored): Promise<void> {
    if (this.#closed) return
    this.#stored = stored
    for (const listener of this.#listeners) listener(stored.state)
    await this.#save(stored)
  }

  async #save(stored: Stored): Promise<void> {
    const { file, logger } = this.#options
    try {
      await writeFile(`${file}.new`, JSON.stringify(stored), { mode: 0o600 })
      await rename(`${file}.new`, file)
    } catch (error) {
      logger.error({ code: errorCode(error), error: errorMessage(error) }, 'desired state kept in memory only')
    }
  }
}

async function readStored(file: string): Promise<Stored | undefined> {
  try {
    const { etag, state } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    return { etag: String(etag), state: desiredStateSchema.parse(state) }
  } catch {
    return undefined
  }
}
