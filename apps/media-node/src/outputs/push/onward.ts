import type { Logger } from '@millrace/core'

import type { Grant } from '../../admission/admission.ts'
import type { Onward } from '../../admission/onward.ts'
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

  constructor(deps: OnwardDeps) {
    this.#deps = deps
  }

  began(broadcast: Broadcast, _request: unknown, { onward }: Pick<Grant, 'onward'>): void {
    if (!onward) return
    const { logger, options } = this.#deps
    const deps = { options, logger: logger.child({ stream: broadcast.stream.id, session: broadcast.sessionId }) }
    const close = onward.to === 'each' ? pushToEach(deps, broadcast, onward) : pushToOne(deps, broadcast, onward)
    void broadcast.ended.then(close)
  }
}

function pushToEach({ logger, options }: OnwardDeps, { stream }: Broadcast, { targets }: Onward): () => void {
  const pushers = targets.map(
    (target) => new Pusher({ retry: RETRY, ...options, ...target, stream, logger, onStatus() {} }),
  )
  return () => {
    for (const pusher of pushers) pusher.close()
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
