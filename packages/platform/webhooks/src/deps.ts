import type { Keyring } from '@millrace/auth'
import type { Logger } from '@millrace/core'
import type { Db } from '@millrace/db'
import type { Tracer } from '@millrace/telemetry'

import type { AddressGuard } from '@millrace/address-guard'

/** When the circuit breaker of an endpoint opens, and for how long. */
export interface CircuitOptions {
  /** Failed attempts in a row, over all deliveries of the endpoint, that open it. */
  failures: number
  /** How long it stays open first; doubles each time the post that tries fails. */
  cooldownMs: number
  maxCooldownMs: number
}

/** An attempt that has been made and settled. */
export interface AttemptMade {
  result: 'succeeded' | 'retried' | 'failed'
  /** Time that the receiver took. */
  durationMs: number
  /** From the event's row to now. */
  sinceEventMs: number
}

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
  /** Each attempt is a span of the trace that its event came of; default none. */
  tracer?: Tracer
  /** Told of each attempt. */
  onAttempt?: (attempt: AttemptMade) => void
  /** Breaks off posts that run, for shutting down; they are tried again at once by whoever is next. */
  signal?: AbortSignal
}

/** `WebhookDeps.maxPerEndpoint` when it isn't given. */
export const DEFAULT_MAX_PER_ENDPOINT = 10

/** `WebhookDeps.timeoutMs` when it isn't given. */
export const DEFAULT_TIMEOUT_MS = 15_000
