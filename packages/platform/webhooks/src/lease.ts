import { deliveries, deliveryAttempts, events, transaction, webhookEndpoints, type Tx } from '@millrace/db'
import { and, eq, isNull, lte, or, sql, type SQL } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'

import { circuitSlots } from './circuit.ts'
import { nowOf } from './clock.ts'
import { DEFAULT_TIMEOUT_MS, type WebhookDeps } from './deps.ts'

type DeliveryRow = typeof deliveries.$inferSelect

/** The right to make one attempt, until `delivery.leasedUntil`. */
export interface Lease {
  state: 'leased'
  delivery: DeliveryRow
  endpoint: typeof webhookEndpoints.$inferSelect
  event: typeof events.$inferSelect
}

/** Why there is no attempt to make now. */
export type NoLease =
  /** Done, given up or deleted. */
  | { state: 'finished' }
  /** Not before so many milliseconds. */
  | { state: 'later'; inMs: number }
  /** Something else must end first: an attempt that runs, an earlier event of the subject, other posts to the endpoint. */
  | { state: 'waiting' }

/** How an attempt went. */
export interface Attempt {
  durationMs: number
  /** Null when there was no answer; then `error` says why. */
  statusCode: number | null
  error: string | null
  excerpt: string | null
}

/** Longer than an attempt may take: then its worker has died. */
const LEASE_MARGIN_MS = 5000

const inMs = (deps: WebhookDeps, ms: number): SQL => sql`${nowOf(deps)} + ${ms}::float8 * interval '1 millisecond'`

/** Written as in the partial indexes: a parameter would hide them from a plan that is made for any value. */
export const isPending = sql`${deliveries.status} = 'pending'`

/**
 * The first unfinished one of its endpoint and subject. Asked for with `limit 1`, which is one look into the index; for
 * `not exists` the planner may choose to read all lanes for each row.
 */
const first = alias(deliveries, 'first')
const isFirstInLane = sql`${deliveries.id} = (
  select ${first.id} from ${deliveries} ${first} where ${first.status} = 'pending'
  and ${first.endpointId} = ${deliveries.endpointId} and ${first.subjectType} = ${deliveries.subjectType}
  and ${first.subjectId} = ${deliveries.subjectId} order by ${first.seq} limit 1)`

/** Conditions for an attempt, but for the limit of the endpoint. */
export function isDue(deps: WebhookDeps): SQL | undefined {
  const now = nowOf(deps)
  return and(
    isPending,
    or(isNull(deliveries.nextAttemptAt), lte(deliveries.nextAttemptAt, now)),
    or(isNull(deliveries.leasedUntil), lte(deliveries.leasedUntil, now)),
    isFirstInLane,
  )
}

const leasedOf = alias(deliveries, 'leased')

/** How many more posts to an endpoint may run now, 0 or more; for a query that has `webhook_endpoints` in it. */
export function freeSlots(deps: WebhookDeps): SQL {
  return sql`greatest(0, ${circuitSlots(deps)} - (
    select count(*) from ${deliveries} ${leasedOf}
    where ${leasedOf.endpointId} = ${webhookEndpoints.id} and ${leasedOf.leasedUntil} > ${nowOf(deps)}))`
}

/** Takes the right to make the next attempt of a delivery, if its time and turn have come. One caller gets it. */
export function acquire(deps: WebhookDeps, deliveryId: string): Promise<Lease | NoLease> {
  return transaction(deps.db, async (tx) => {
    // callers for one endpoint stand in line, so that none of them miscounts its free slots
    const [endpoint] = await tx
      .select()
      .from(webhookEndpoints)
      .where(
        eq(
          webhookEndpoints.id,
          tx.select({ id: deliveries.endpointId }).from(deliveries).where(eq(deliveries.id, deliveryId)),
        ),
      )
      .for('no key update')
    if (!endpoint) return { state: 'finished' }
    if (!endpoint.enabled) return { state: 'waiting' }
    const leaseMs = (deps.timeoutMs ?? DEFAULT_TIMEOUT_MS) + LEASE_MARGIN_MS
    // as text: a select of one table alone would name columns without their table, also in the inner one
    const slots = sql`(select ${freeSlots(deps)} from ${webhookEndpoints} where ${webhookEndpoints.id} = ${endpoint.id})`
    const [delivery] = await tx
      .update(deliveries)
      .set({
        leasedUntil: inMs(deps, leaseMs),
        lastAttemptAt: nowOf(deps),
        attempts: sql`${deliveries.attempts} + 1`,
      })
      .where(and(eq(deliveries.id, deliveryId), isDue(deps), sql`${slots} > 0`))
      .returning()
    if (!delivery) return refusal(tx, deps, deliveryId)
    const [event] = await tx.select().from(events).where(eq(events.id, delivery.eventId))
    return { state: 'leased', delivery, endpoint, event: event! }
  })
}

async function refusal(tx: Tx, deps: WebhookDeps, deliveryId: string): Promise<NoLease> {
  const { status, nextAttemptAt } = deliveries
  const [row] = await tx
    .select({ status, inMs: sql<number>`(extract(epoch from ${nextAttemptAt} - ${nowOf(deps)}) * 1000)::float8` })
    .from(deliveries)
    .where(eq(deliveries.id, deliveryId))
  if (row?.status !== 'pending') return { state: 'finished' }
  return row.inMs > 0 ? { state: 'later', inMs: Math.ceil(row.inMs) } : { state: 'waiting' }
}

/** What becomes of a delivery after an attempt. */
export type Verdict = { status: 'succeeded' } | { status: 'failed' } | { status: 'pending'; retryInMs: number }

/** Logs an attempt and gives the lease back. Changes nothing when the lease was lost and another attempt has begun. */
export async function settle(
  tx: Tx,
  deps: WebhookDeps,
  { delivery }: Lease,
  attempt: Attempt,
  verdict: Verdict,
): Promise<void> {
  await tx
    .insert(deliveryAttempts)
    .values({
      deliveryId: delivery.id,
      attempt: delivery.attempts,
      at: delivery.lastAttemptAt ?? new Date(),
      durationMs: attempt.durationMs,
      statusCode: attempt.statusCode,
      error: attempt.error,
      answerExcerpt: attempt.excerpt,
    })
    .onConflictDoNothing()
  const pending = verdict.status === 'pending'
  await tx
    .update(deliveries)
    .set({
      status: verdict.status,
      leasedUntil: null,
      nextAttemptAt: pending ? inMs(deps, verdict.retryInMs) : null,
      completedAt: pending ? null : nowOf(deps),
      lastStatusCode: attempt.statusCode,
      lastError: attempt.error,
    })
    .where(and(eq(deliveries.id, delivery.id), eq(deliveries.attempts, delivery.attempts)))
}
