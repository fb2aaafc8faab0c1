import { OPT_IN_EVENT_TYPES } from '@millrace/contracts'
import { deliveries, newId, appendRetry, type events, type Tx, type webhookEndpoints } from '@millrace/db'
import { eq, sql } from 'drizzle-orm'

type EventRow = typeof events.$inferSelect

/** What of an endpoint says which events it gets. */
export type EndpointWants = Pick<typeof webhookEndpoints.$inferSelect, 'id' | 'projectId' | 'eventTypes'>

/** Whether events of this kind go to the endpoint. A `test.ping` of another endpoint doesn't. */
export function wants(endpoint: EndpointWants, event: EventRow): boolean {
  if (endpoint.projectId !== event.projectId) return false
  if (event.type === 'test.ping' && event.subjectType === 'webhook_endpoint') return event.subjectId === endpoint.id
  return endpoint.eventTypes?.includes(event.type) ?? !OPT_IN_EVENT_TYPES.includes(event.type)
}

/** The row of a new delivery. */
export function newDelivery(endpoint: EndpointWants, event: EventRow): typeof deliveries.$inferInsert {
  const { id: eventId, projectId, subjectType, subjectId, seq } = event
  return { id: newId('delivery'), projectId, endpointId: endpoint.id, eventId, subjectType, subjectId, seq }
}

/** A delivery that begins again: due now, with the whole schedule before it; its log of attempts goes on. */
const beginAgain = {
  status: 'pending' as const,
  nextAttemptAt: sql`now()`,
  completedAt: null,
  redeliveredAt: sql`now()`,
  earlierAttempts: sql`case when ${deliveries.status} = 'pending' then ${deliveries.earlierAttempts} else ${deliveries.attempts} end`,
}

/**
 * Delivers one event to an endpoint, again if it has been: at most 1000 at a time. A delivery that exists keeps its id, and
 * the receiver sees the same `webhook-id`. Returns the deliveries.
 */
export async function redeliver(
  tx: Tx,
  endpoint: EndpointWants,
  eventRows: readonly EventRow[],
): Promise<(typeof deliveries.$inferSelect)[]> {
  if (eventRows.length === 0) return []
  return tx
    .insert(deliveries)
    .values(eventRows.map((event) => ({ ...newDelivery(endpoint, event), nextAttemptAt: sql`now()` })))
    .onConflictDoUpdate({ target: [deliveries.endpointId, deliveries.eventId], set: beginAgain })
    .returning()
}

/** Tries one delivery again now, whatever came of it before, past an open circuit breaker too. */
export async function retryDelivery(tx: Tx, deliveryId: string): Promise<void> {
  await tx.update(deliveries).set(beginAgain).where(eq(deliveries.id, deliveryId))
  await appendRetry(tx, deliveryId)
}
