import { eventRedeliveredSchema, eventRedeliverSchema, idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { redeliverEvent } from '../../services/deliveries.ts'

/** `POST /v1/events/{id}:redeliver` */
export const redeliverEventRoute = command({
  id: 'redeliverEvent',
  method: 'post',
  path: '/v1/events/{id}:redeliver',
  tag: 'Events',
  summary: 'Send an event to webhook endpoints again, under the same webhook-id',
  scope: 'webhooks:write',
  params: z.object({ id: idSchema('event') }),
  body: eventRedeliverSchema,
  answers: { 202: eventRedeliveredSchema },
  run: async (unit, { params, body }) => accepted(await redeliverEvent(unit, params.id, body)),
})
