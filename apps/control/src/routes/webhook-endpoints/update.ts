import { idSchema, webhookEndpointPatchSchema, webhookEndpointSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { updateWebhookEndpoint } from '../../services/webhooks.ts'

/** `PATCH /v1/webhook-endpoints/{id}` */
export const updateWebhookEndpointRoute = command({
  id: 'updateWebhookEndpoint',
  method: 'patch',
  path: '/v1/webhook-endpoints/{id}',
  tag: 'Webhooks',
  summary: 'Change a webhook endpoint',
  description: 'A JSON merge patch (RFC 7396): null takes a setting back to its default.',
  scope: 'webhooks:write',
  params: z.object({ id: idSchema('webhookEndpoint') }),
  body: webhookEndpointPatchSchema,
  answers: { 200: webhookEndpointSchema },
  run: async (unit, { params, body, ifMatch }) =>
    okVersioned(await updateWebhookEndpoint(unit, params.id, body, ifMatch)),
})
