import { eventSchema, idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getEvent } from '../../services/events.ts'

/** `GET /v1/events/{id}` */
export const getEventRoute = query({
  id: 'getEvent',
  path: '/v1/events/{id}',
  tag: 'Events',
  summary: 'Read an event',
  scope: 'events:read',
  params: z.object({ id: idSchema('event') }),
  answers: { 200: eventSchema },
  run: async (unit, { params }) => ok(await getEvent(unit, params.id)),
})
