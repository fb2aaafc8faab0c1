import type { Keyring } from '@millrace/auth'
import type { Logger } from '@millrace/core'
import type { Db } from '@millrace/db'

import type { AddressGuard } from './address-guard.ts'
import type { CircuitOptions } from './circuit.ts'

/** What delivering needs. */
export interface WebhookDeps {
  db: Db
  /** Opens the endpoints' secrets. */
  keyring: Keyring
  guard: AddressGuard
  log: Logger
  /** Delays between attempts, default `DEFAULT_SCHEDULE_MS`. */
  scheduleMs?: readonly number[]
  /** How long a receiver may take, default 15 000 ms. */
  timeoutMs?: number
  /** Posts to one endpoint at the same time, over all workers, default 10. */
  maxPerEndpoint?: number
  /** The circuit breaker, default: 10 failures open it for 5 s, which doubles up to 5 min. */
  circuit?: Partial<CircuitOptions>
  /** For tests: how far the clock by which deliveries become due is ahead of the database's. */
  clockOffsetMs?: () => number
  /** Breaks off posts that run, for shutting down; they are tried again at once by whoever is next. */
  signal?: AbortSignal
}

/** `WebhookDeps.maxPerEndpoint` when it isn't given. */
export const DEFAULT_MAX_PER_ENDPOINT = 10

/** `WebhookDeps.timeoutMs` when it isn't given. */
export const DEFAULT_TIMEOUT_MS = 15_000
