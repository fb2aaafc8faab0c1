import { deliveries, events, outbox, transaction, webhookEndpoints, type Tx } from '@millrace/db'
import { and, asc, eq, inArray, sql } from 'drizzle-orm'

import { halfOpen } from './circuit.ts'
import { nowOf } from './clock.ts'
import type { WebhookDeps } from './deps.ts'
import { newDelivery, wants, type EndpointWants } from './redeliver.ts'

/** What a drain did. */
export interface Drained {
  /** Deliveries made, one per event and endpoint that wants it. */
  created: number
  /** Deliveries that are to be tried again now, wherever the queue has them. */
  retried: readonly string[]
}

/** Any constant of ours. */
const LOCK = 0x4d4c4f42
const BATCH = 200
const INSERT_ROWS = 1000

/**
 * Turns all outbox rows into deliveries that are due, and deletes them. Any number of programs may call it at once: one
 * works at a time, so that deliveries of one subject appear in the order of its events.
 */
export async function drainOutbox(deps: WebhookDeps): Promise<Drained> {
  let created = 0
  const retried: string[] = []
  for (;;) {
    const batch = await transaction(deps.db, (tx) => drainBatch(tx, deps))
    created += batch.created
    retried.push(...batch.retried)
    if (batch.rows < BATCH) return { created, retried }
  }
}

async function drainBatch(tx: Tx, deps: WebhookDeps): Promise<Drained & { rows: number }> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`)
  const rows = await tx
    .delete(outbox)
    .where(inArray(outbox.id, oldestRows(tx)))
    .returning()
  rows.sort((a, b) => a.id - b.id)
  const asked = rows.flatMap(({ kind, deliveryId }) => (kind === 'retry' && deliveryId !== null ? [deliveryId] : []))
  // endpoints before deliveries, as in acquire()
  await halfOpenFor(tx, deps, rows, asked)
  const created = await fanOut(tx, deps, rows)
  const retried = await retryNow(tx, deps, asked)
  return { created, retried, rows: rows.length }
}

const oldestRows = (tx: Tx) => tx.select({ id: outbox.id }).from(outbox).orderBy(asc(outbox.id)).limit(BATCH)

async function fanOut(tx: Tx, deps: WebhookDeps, rows: readonly (typeof outbox.$inferSelect)[]): Promise<number> {
  const ids = rows.flatMap(({ eventId }) => (eventId === null ? [] : [eventId]))
  if (ids.length === 0) return 0
  const found = new Map((await tx.select().from(events).where(inArray(events.id, ids))).map((row) => [row.id, row]))
  const endpoints = await enabledEndpoints(tx, [...new Set([...found.values()].map(({ projectId }) => projectId))])
  const made = rows.flatMap(({ kind, eventId, endpointId }) => {
    const event = kind === 'event' && eventId !== null ? found.get(eventId) : undefined
    if (!event) return []
    return endpoints
      .filter((endpoint) => (endpointId === null ? wants(endpoint, event) : endpoint.id === endpointId))
      .map((endpoint) => newDelivery(endpoint, event))
  })
  for (let at = 0; at < made.length; at += INSERT_ROWS) {
    await tx
      .insert(deliveries)
      .values(made.slice(at, at + INSERT_ROWS).map((row) => ({ ...row, nextAttemptAt: nowOf(deps) })))
      .onConflictDoNothing()
  }
  return made.length
}

function enabledEndpoints(tx: Tx, projectIds: readonly string[]): Promise<EndpointWants[]> {
  const { id, projectId, eventTypes } = webhookEndpoints
  return (
    tx
      .select({ id, projectId, eventTypes })
      .from(webhookEndpoints)
      .where(and(inArray(projectId, [...projectIds]), eq(webhookEndpoints.enabled, true)))
      // an endpoint that is being deleted is waited for, not tripped over
      .for('key share')
  )
}

/** What somebody asked for now, `test.ping` and retries, does not wait for the circuit breaker. */
async function halfOpenFor(
  tx: Tx,
  deps: WebhookDeps,
  rows: readonly (typeof outbox.$inferSelect)[],
  retries: string[],
): Promise<void> {
  const endpointIds = rows.flatMap(({ endpointId }) => endpointId ?? [])
  if (endpointIds.length > 0) await halfOpen(tx, deps, endpointIds)
  if (retries.length === 0) return
  const ofRetries = tx.select({ id: deliveries.endpointId }).from(deliveries).where(inArray(deliveries.id, retries))
  await halfOpen(tx, deps, ofRetries)
}

/** Makes them due, but for those that have been delivered meanwhile. */
async function retryNow(tx: Tx, deps: WebhookDeps, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await tx
    .update(deliveries)
    .set({ nextAttemptAt: nowOf(deps) })
    .where(and(inArray(deliveries.id, ids), eq(deliveries.status, 'pending')))
    .returning({ id: deliveries.id })
  return rows.map(({ id }) => id)
}
