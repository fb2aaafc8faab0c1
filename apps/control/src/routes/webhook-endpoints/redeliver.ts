import { idSchema, jobSchema, webhookRedeliverSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { redeliverToEndpoint } from '../../services/webhooks.ts'

/** `POST /v1/webhook-endpoints/{id}:redeliver` */
export const redeliverToEndpointRoute = command({
  id: 'redeliverToEndpoint',
  method: 'post',
  path: '/v1/webhook-endpoints/{id}:redeliver',
  tag: 'Webhooks',
  summary: 'Send the events of a time range to an endpoint again',
  description:
    'Also those that it has had, and those from before it was made: receivers tell repetitions by `webhook-id`. In order for each subject.',
  scope: 'webhooks:write',
  params: z.object({ id: idSchema('webhookEndpoint') }),
  body: webhookRedeliverSchema,
  answers: { 202: jobSchema },
  run: async (unit, { params, body }) => accepted(await redeliverToEndpoint(unit, params.id, body)),
})
