import { errorCode, errorMessage, type Logger } from '@millrace/core'

import type { Grant } from '../../admission/admission.ts'
import type { Onward, PushTarget } from '../../admission/onward.ts'
import type { Broadcast, BroadcastObserver } from '../../broadcast/broadcasts.ts'
import { Pusher, type PusherOptions } from './pusher.ts'

export interface OnwardDeps {
  logger: Logger
  /** For the pushers. */
  options?: Pick<PusherOptions, 'retry' | 'startTimeoutMs' | 'ca'> | undefined
}

/** SRS: 3 s each time, without end. */
const RETRY = { baseMs: 1000, maxMs: 10_000 } as const
/** Longest time until an origin takes a publisher, who waits meanwhile. */
const ONE_START_MS = 5000

/** Passes broadcasts on to where their grants say. */
export class OnwardPushes implements BroadcastObserver {
  readonly #deps: OnwardDeps
  readonly #fans = new Set<Fan>()

  constructor(deps: OnwardDeps) {
    this.#deps = deps
  }

  began(broadcast: Broadcast, _request: unknown, { onward }: Pick<Grant, 'onward'>): void {
    if (!onward) return
    const { logger, options } = this.#deps
    const deps = { options, logger: logger.child({ stream: broadcast.stream.id, session: broadcast.sessionId }) }
    if (onward.to === 'one') return void broadcast.ended.then(pushToOne(deps, broadcast, onward))
    const fan = new Fan(deps, broadcast, onward)
    this.#fans.add(fan)
    void broadcast.ended.then(() => {
      this.#fans.delete(fan)
      fan.close()
    })
  }

  /** Where streams go may have changed: what is new begins, what is gone ends, and the others don't notice. */
  refresh(): void {
    for (const fan of this.#fans) void fan.refresh()
  }
}

/** A broadcast that goes on to any number of servers. */
class Fan {
  readonly #deps: OnwardDeps
  readonly #stream: Broadcast['stream']
  readonly #changed: Onward['changed']
  readonly #pushers = new Map<string, Pusher>()
  #closed = false
  /** Of the answer that counts. */
  #round = 0

  constructor(deps: OnwardDeps, { stream }: Broadcast, { targets, changed }: Onward) {
    this.#deps = deps
    this.#stream = stream
    this.#changed = changed
    this.#push(targets)
  }

  async refresh(): Promise<void> {
    const round = ++this.#round
    try {
      const targets = await this.#changed?.()
      if (targets && round === this.#round && !this.#closed) this.#push(targets)
    } catch (error) {
      const fields = { code: errorCode(error), error: errorMessage(error) }
      this.#deps.logger.warn(fields, 'the stream goes on to where it went before')
    }
  }

  close(): void {
    this.#closed = true
    this.#push([])
  }

  #push(targets: readonly PushTarget[]): void {
    const { options, logger } = this.#deps
    const wanted = new Map(targets.map((target) => [JSON.stringify([target.url, target.names]), target]))
    for (const [told, pusher] of this.#pushers) {
      if (wanted.has(told)) continue
      this.#pushers.delete(told)
      pusher.close()
    }
    for (const [told, target] of wanted) {
      if (this.#pushers.has(told)) continue
      const common = { retry: RETRY, ...options, stream: this.#stream, logger, onStatus() {} }
      this.#pushers.set(told, new Pusher({ ...common, ...target }))
    }
  }
}

function pushToOne(
  { logger, options }: OnwardDeps,
  { stream, publication }: Broadcast,
  { targets }: Onward,
): () => void {
  const untried = [...targets]
  let pusher: Pusher | undefined
  const next = (): void => {
    const target = untried.shift()
    if (!target) return publication.end('node_lost')
    pusher = new Pusher({
      startTimeoutMs: ONE_START_MS,
      ...options,
      ...target,
      retry: false,
      stream,
      logger,
      onStatus(status) {
        // whoever took it has its beginning: another would get the rest only
        if (status.state === 'live') untried.length = 0
        if (status.state !== 'failed') return
        const { code, message: error } = status.error
        logger.warn({ code, error, untried: untried.length }, 'an origin does not take the stream')
        next()
      },
    })
  }
  next()
  return () => pusher?.close()
}
