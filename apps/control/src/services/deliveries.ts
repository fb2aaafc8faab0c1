import type { Delivery, DeliveryDetail, DeliveryQuery, Page } from '@millrace/contracts'
import { appendRetry, deliveries, deliveryAttempts, events, type Queryable, webhookEndpoints } from '@millrace/db'
import { and, asc, desc, eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { audit, type ReadUnit, type WriteUnit } from './unit.ts'
import { findWebhookEndpoint } from './webhooks.ts'

interface Found {
  delivery: typeof deliveries.$inferSelect
  type: Delivery['event_type']
}

export async function listDeliveries(
  unit: ReadUnit,
  endpointId: string,
  query: DeliveryQuery,
): Promise<Page<Delivery>> {
  await findWebhookEndpoint(unit, endpointId)
  const rows = await select(unit.db)
    .where(
      and(
        eq(deliveries.endpointId, endpointId),
        query.status === undefined ? undefined : eq(deliveries.status, query.status),
        afterCursor(deliveries.id, query),
      ),
    )
    .orderBy(desc(deliveries.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

export async function getDelivery(unit: ReadUnit, id: string): Promise<DeliveryDetail> {
  const found = await find(unit, id)
  const attempts = await unit.db
    .select()
    .from(deliveryAttempts)
    .where(eq(deliveryAttempts.deliveryId, id))
    .orderBy(asc(deliveryAttempts.attempt))
  const log = attempts.map((row) => ({
    attempt: row.attempt,
    at: timestamp(row.at),
    duration_ms: row.durationMs,
    status_code: row.statusCode,
    error: row.error,
    answer_excerpt: row.answerExcerpt,
  }))
  return { ...present(found), log }
}

/** Tries a delivery once more, now; the receiver sees the same `webhook-id`. */
export async function retryDelivery(unit: WriteUnit, id: string): Promise<Delivery> {
  await find(unit, id)
  const [row] = await unit.db.select().from(deliveries).where(eq(deliveries.id, id)).for('update')
  const [endpoint] = await unit.db
    .select({ enabled: webhookEndpoints.enabled })
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.id, row!.endpointId))
  if (endpoint?.enabled !== true) {
    throw failure('WEBHOOK_ENDPOINT_DISABLED', 'the endpoint is disabled: enable it first')
  }
  await unit.db
    .update(deliveries)
    .set({ status: 'pending', nextAttemptAt: unit.now, completedAt: null })
    .where(eq(deliveries.id, id))
  await appendRetry(unit.db, id)
  await audit(unit, 'delivery.retried', { type: 'delivery', id })
  return present(await find(unit, id))
}

async function find(unit: ReadUnit, id: string): Promise<Found> {
  const [found] = await select(unit.db).where(
    and(eq(deliveries.id, id), eq(deliveries.projectId, unit.principal.projectId)),
  )
  if (found === undefined) throw failure('DELIVERY_NOT_FOUND', `no delivery ${id}`)
  return found
}

const select = (db: Queryable) =>
  db
    .select({ delivery: deliveries, type: events.type })
    .from(deliveries)
    .innerJoin(events, eq(events.id, deliveries.eventId))

function present({ delivery: row, type }: Found): Delivery {
  return {
    id: row.id,
    endpoint_id: row.endpointId,
    event_id: row.eventId,
    event_type: type,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: timestamp(row.nextAttemptAt),
    last_attempt_at: timestamp(row.lastAttemptAt),
    last_status_code: row.lastStatusCode,
    last_error: row.lastError,
    completed_at: timestamp(row.completedAt),
    created_at: timestamp(row.createdAt),
  }
}
