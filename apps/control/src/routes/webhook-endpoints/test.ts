import { idSchema, webhookTestedSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { testWebhookEndpoint } from '../../services/webhooks.ts'

/** `POST /v1/webhook-endpoints/{id}:test` */
export const testWebhookEndpointRoute = command({
  id: 'testWebhookEndpoint',
  method: 'post',
  path: '/v1/webhook-endpoints/{id}:test',
  tag: 'Webhooks',
  summary: 'Send a test.ping event to this endpoint alone',
  scope: 'webhooks:write',
  params: z.object({ id: idSchema('webhookEndpoint') }),
  answers: { 202: webhookTestedSchema },
  run: async (unit, { params }) => accepted(await testWebhookEndpoint(unit, params.id)),
})
