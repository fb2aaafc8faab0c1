import type {
  Delivery,
  DeliveryDetail,
  DeliveryQuery,
  EventRedeliver,
  EventRedelivered,
  Page,
} from '@millrace/contracts'
import { deliveries, deliveryAttempts, events, type Queryable, webhookEndpoints } from '@millrace/db'
import { redeliver, retryDelivery as retry, wants } from '@millrace/webhooks'
import { and, asc, desc, eq, gte, inArray, lt, type SQL } from 'drizzle-orm'

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
    .where(and(eq(deliveries.endpointId, endpointId), ...filters(query), afterCursor(deliveries.id, query)))
    .orderBy(desc(deliveries.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

function filters(query: DeliveryQuery): (SQL | undefined)[] {
  return [
    query.status && eq(deliveries.status, query.status),
    query.event_type && eq(events.type, query.event_type),
    query.event_id && eq(deliveries.eventId, query.event_id),
    query.subject_id && eq(deliveries.subjectId, query.subject_id),
    query.from && gte(deliveries.createdAt, new Date(query.from)),
    query.to && lt(deliveries.createdAt, new Date(query.to)),
  ].map((filter) => filter || undefined)
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
  await retry(unit.db, id)
  await audit(unit, 'delivery.retried', { type: 'delivery', id })
  return present(await find(unit, id))
}

/** Sends an event once more, to every enabled endpoint that takes it or to one alone. */
export async function redeliverEvent(
  unit: WriteUnit,
  id: string,
  { endpoint_id: endpointId }: EventRedeliver,
): Promise<EventRedelivered> {
  const [event] = await unit.db
    .select()
    .from(events)
    .where(and(eq(events.id, id), eq(events.projectId, unit.principal.projectId)))
  if (event === undefined) throw failure('EVENT_NOT_FOUND', `no event ${id}`)
  const made: string[] = []
  for (const endpoint of await endpointsFor(unit, endpointId)) {
    if (endpointId === null && !wants(endpoint, event)) continue
    for (const { id: deliveryId } of await redeliver(unit.db, endpoint, [event])) {
      await retry(unit.db, deliveryId)
      made.push(deliveryId)
    }
  }
  await audit(unit, 'event.redelivered', { type: 'event', id }, { endpoint_id: endpointId, deliveries: made.length })
  const rows = await select(unit.db).where(inArray(deliveries.id, made)).orderBy(asc(deliveries.id))
  return { data: rows.map(present) }
}

async function endpointsFor(unit: WriteUnit, endpointId: string | null) {
  if (endpointId === null) {
    const { projectId, enabled } = webhookEndpoints
    return unit.db
      .select()
      .from(webhookEndpoints)
      .where(and(eq(projectId, unit.principal.projectId), eq(enabled, true)))
      .orderBy(asc(webhookEndpoints.id))
  }
  const endpoint = await findWebhookEndpoint(unit, endpointId)
  if (!endpoint.enabled) throw failure('WEBHOOK_ENDPOINT_DISABLED', 'the endpoint is disabled: enable it first')
  return [endpoint]
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
