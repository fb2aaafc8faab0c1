import { eventQuerySchema, eventSchema, pageOf } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listEvents } from '../../services/events.ts'

/** `GET /v1/events` */
export const listEventsRoute = query({
  id: 'listEvents',
  path: '/v1/events',
  tag: 'Events',
  summary: 'List what happened',
  scope: 'events:read',
  query: eventQuerySchema,
  answers: { 200: pageOf(eventSchema) },
  run: async (unit, { query: page }) => ok(await listEvents(unit, page)),
})
