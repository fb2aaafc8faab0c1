import type { Event, EventQuery, Page } from '@millrace/contracts'
import { events, toEvent } from '@millrace/db'
import { and, asc, desc, eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import { afterCursor, fetchCount, toPage } from './lists.ts'
import type { ReadUnit } from './unit.ts'

export async function listEvents(unit: ReadUnit, query: EventQuery): Promise<Page<Event>> {
  const rows = await unit.db
    .select()
    .from(events)
    .where(
      and(
        eq(events.projectId, unit.principal.projectId),
        query.type === undefined ? undefined : eq(events.type, query.type),
        query.subject_id === undefined ? undefined : eq(events.subjectId, query.subject_id),
        query.session_id === undefined ? undefined : eq(events.sessionId, query.session_id),
        afterCursor(events.id, query, query.order),
      ),
    )
    .orderBy(query.order === 'asc' ? asc(events.id) : desc(events.id))
    .limit(fetchCount(query))
  return toPage(rows, query, toEvent)
}

export async function getEvent(unit: ReadUnit, id: string): Promise<Event> {
  const [row] = await unit.db
    .select()
    .from(events)
    .where(and(eq(events.id, id), eq(events.projectId, unit.principal.projectId)))
  if (row === undefined) throw failure('EVENT_NOT_FOUND', `no event ${id}`)
  return toEvent(row)
}
