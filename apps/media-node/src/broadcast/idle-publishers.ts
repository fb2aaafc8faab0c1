import type { Logger } from '@millrace/core'
import type { Scheduler } from '@millrace/hub'

import type { Players } from '../players/players.ts'
import type { BroadcastObserver, Publisher } from './broadcasts.ts'

export interface IdlePublishersDeps {
  readonly players: Pick<Players, 'count'>
  /** How long a publisher of a vhost may go on without any player, in milliseconds; 0 for as long as it likes. */
  readonly limitMsOf: (vhost: string) => number
  readonly scheduler: Scheduler
  readonly logger: Logger
}

const LOOK_MS = 500

/** Ends publishers whom nobody has watched for a while. @see SRS 5 `full.conf`, "kickoff_for_idle" */
export class IdlePublishers implements BroadcastObserver {
  readonly #deps: IdlePublishersDeps
  /** Since when nobody watches each, monotonic. */
  readonly #idleSinceMs = new Map<Publisher, number>()
  #cancel: (() => void) | undefined

  constructor(deps: IdlePublishersDeps) {
    this.#deps = deps
  }

  began(publisher: Publisher): void {
    this.#idleSinceMs.set(publisher, this.#deps.scheduler.nowMs())
    this.#lookLater()
    void publisher.ended.then(() => this.#idleSinceMs.delete(publisher))
  }

  close(): void {
    this.#cancel?.()
    this.#idleSinceMs.clear()
  }

  #lookLater(): void {
    this.#cancel ??= this.#deps.scheduler.after(LOOK_MS, () => {
      this.#cancel = undefined
      this.#look()
      if (this.#idleSinceMs.size > 0) this.#lookLater()
    })
  }

  #look(): void {
    const { players, limitMsOf, scheduler, logger } = this.#deps
    const nowMs = scheduler.nowMs()
    for (const [publisher, sinceMs] of this.#idleSinceMs) {
      const { stream, clientId, publication } = publisher
      const limitMs = limitMsOf(stream.key.vhost)
      if (players.count(stream.id) > 0) this.#idleSinceMs.set(publisher, nowMs)
      else if (limitMs > 0 && nowMs - sinceMs >= limitMs) {
        logger.warn(
          { cid: clientId, stream: stream.id, limit_ms: limitMs },
          'nobody has watched: the publisher is ended',
        )
        this.#idleSinceMs.delete(publisher)
        publication.end('kicked')
      }
    }
  }
}
