import { idSchema, webhookEndpointSchema } from '@millrace/contracts'
import { z } from 'zod'

import { okVersioned, query } from '../../http/route.ts'
import { getWebhookEndpoint } from '../../services/webhooks.ts'

/** `GET /v1/webhook-endpoints/{id}` */
export const getWebhookEndpointRoute = query({
  id: 'getWebhookEndpoint',
  path: '/v1/webhook-endpoints/{id}',
  tag: 'Webhooks',
  summary: 'Read a webhook endpoint',
  scope: 'webhooks:read',
  params: z.object({ id: idSchema('webhookEndpoint') }),
  answers: { 200: webhookEndpointSchema },
  run: async (unit, { params }) => okVersioned(await getWebhookEndpoint(unit, params.id)),
})
