import { pageOf, pageQueryOf, webhookEndpointSchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listWebhookEndpoints } from '../../services/webhooks.ts'

/** `GET /v1/webhook-endpoints` */
export const listWebhookEndpointsRoute = query({
  id: 'listWebhookEndpoints',
  path: '/v1/webhook-endpoints',
  tag: 'Webhooks',
  summary: 'List webhook endpoints',
  scope: 'webhooks:read',
  query: pageQueryOf('webhookEndpoint'),
  answers: { 200: pageOf(webhookEndpointSchema) },
  run: async (unit, { query: page }) => ok(await listWebhookEndpoints(unit, page)),
})
