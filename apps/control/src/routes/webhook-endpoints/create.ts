import { webhookEndpointCreatedSchema, webhookEndpointCreateSchema } from '@millrace/contracts'

import { command, created } from '../../http/route.ts'
import { createWebhookEndpoint } from '../../services/webhooks.ts'

/** `POST /v1/webhook-endpoints` */
export const createWebhookEndpointRoute = command({
  id: 'createWebhookEndpoint',
  method: 'post',
  path: '/v1/webhook-endpoints',
  tag: 'Webhooks',
  summary: 'Have events posted to a URL',
  description: 'The secret that signatures are verified with is shown in this answer only.',
  scope: 'webhooks:write',
  body: webhookEndpointCreateSchema,
  answers: { 201: webhookEndpointCreatedSchema },
  async run(unit, { body }) {
    const { value, version } = await createWebhookEndpoint(unit, body)
    return created(value, `/v1/webhook-endpoints/${value.id}`, version)
  },
})
