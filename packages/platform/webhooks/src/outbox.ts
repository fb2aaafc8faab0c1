import { deliveries, events, newId, outbox, transaction, webhookEndpoints, type Tx } from '@millrace/db'
import { and, asc, eq, inArray, sql } from 'drizzle-orm'

import type { WebhookDeps } from './deps.ts'

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

type EndpointRow = Pick<typeof webhookEndpoints.$inferSelect, 'id' | 'projectId' | 'eventTypes'>

/**
 * Turns all outbox rows into deliveries that are due, and deletes them. Any number of programs may call it at once: one
 * works at a time, so that deliveries of one subject appear in the order of its events.
 */
export async function drainOutbox({ db }: Pick<WebhookDeps, 'db'>): Promise<Drained> {
  let created = 0
  const retried: string[] = []
  for (;;) {
    const batch = await transaction(db, drainBatch)
    created += batch.created
    retried.push(...batch.retried)
    if (batch.rows < BATCH) return { created, retried }
  }
}

async function drainBatch(tx: Tx): Promise<Drained & { rows: number }> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`)
  const rows = await tx
    .delete(outbox)
    .where(inArray(outbox.id, oldestRows(tx)))
    .returning()
  rows.sort((a, b) => a.id - b.id)
  const created = await fanOut(tx, rows)
  const retried = rows.flatMap(({ kind, deliveryId }) => (kind === 'retry' && deliveryId !== null ? [deliveryId] : []))
  await retryNow(tx, retried)
  return { created, retried, rows: rows.length }
}

const oldestRows = (tx: Tx) => tx.select({ id: outbox.id }).from(outbox).orderBy(asc(outbox.id)).limit(BATCH)

async function fanOut(tx: Tx, rows: readonly (typeof outbox.$inferSelect)[]): Promise<number> {
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
      .values(made.slice(at, at + INSERT_ROWS).map((row) => ({ ...row, nextAttemptAt: sql`now()` })))
      .onConflictDoNothing()
  }
  return made.length
}

function enabledEndpoints(tx: Tx, projectIds: readonly string[]): Promise<EndpointRow[]> {
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

function wants(endpoint: EndpointRow, event: typeof events.$inferSelect): boolean {
  return endpoint.projectId === event.projectId && (endpoint.eventTypes?.includes(event.type) ?? true)
}

function newDelivery(endpoint: EndpointRow, event: typeof events.$inferSelect): typeof deliveries.$inferInsert {
  const { id: eventId, projectId, subjectType, subjectId, seq } = event
  return { id: newId('delivery'), projectId, endpointId: endpoint.id, eventId, subjectType, subjectId, seq }
}

async function retryNow(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx
    .update(deliveries)
    .set({ status: 'pending', nextAttemptAt: sql`now()`, completedAt: null })
    .where(inArray(deliveries.id, [...ids]))
}
