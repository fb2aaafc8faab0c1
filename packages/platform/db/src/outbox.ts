import { EVENT_API_VERSION, type Event, type EventData, type EventType, type Subject } from '@millrace/contracts'
import { activeTraceparent } from '@millrace/telemetry'
import { sql } from 'drizzle-orm'

import type { Tx } from './connect.ts'
import { newId } from './ids.ts'
import { eventCounters, events, outbox } from './schema.ts'

/** Channel of `LISTEN` that says: there are new outbox rows. A hint only; look at the table too, now and then. */
export const OUTBOX_CHANNEL = 'millrace_outbox'

/** An event to be. */
export interface NewEvent<T extends EventType = EventType> {
  projectId: string
  type: T
  subject: Subject
  sessionId?: string
  /** When it happened; default now. */
  timestamp?: Date
  data: EventData<T>
  /** Deliver to this endpoint alone, for `test.ping`. */
  endpointId?: string
}

/**
 * Writes the event and its outbox row in the caller's transaction, and returns the event's row. `seq` is one more than the
 * subject's last; the subject's counter stays locked until the transaction ends, so that commit order is `seq` order.
 */
export async function appendEvent<T extends EventType>(
  tx: Tx,
  event: NewEvent<T>,
): Promise<typeof events.$inferSelect> {
  const { type: subjectType, id: subjectId } = event.subject
  const [counter] = await tx
    .insert(eventCounters)
    .values({ subjectType, subjectId, lastSeq: 1 })
    .onConflictDoUpdate({
      target: [eventCounters.subjectType, eventCounters.subjectId],
      set: { lastSeq: sql`${eventCounters.lastSeq} + 1` },
    })
    .returning()
  const [row] = await tx
    .insert(events)
    .values({
      id: newId('event'),
      projectId: event.projectId,
      type: event.type,
      subjectType,
      subjectId,
      sessionId: event.sessionId ?? null,
      seq: counter!.lastSeq,
      data: event.data,
      timestamp: event.timestamp ?? new Date(),
      traceparent: activeTraceparent() ?? null,
    })
    .returning()
  await tx.insert(outbox).values({ kind: 'event', eventId: row!.id, endpointId: event.endpointId ?? null })
  await kickWorker(tx)
  return row!
}

/** Asks the worker, in the caller's transaction, to try this pending delivery now. */
export async function appendRetry(tx: Tx, deliveryId: string): Promise<void> {
  await tx.insert(outbox).values({ kind: 'retry', deliveryId })
  await kickWorker(tx)
}

/** Tells the worker, when the transaction commits, that there is something to do. */
export async function kickWorker(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_notify(${OUTBOX_CHANNEL}, '')`)
}

/** An event as clients and webhook receivers see it. */
export function toEvent(row: typeof events.$inferSelect): Event {
  const { id, type, timestamp, projectId, subjectType, subjectId, sessionId, seq, data } = row
  return {
    id,
    type,
    timestamp: timestamp.toISOString(),
    api_version: EVENT_API_VERSION,
    project_id: projectId,
    subject: { type: subjectType, id: subjectId },
    ...(sessionId === null ? {} : { session_id: sessionId }),
    seq,
    data,
  } as Event
}
