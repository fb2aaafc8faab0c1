import { idSchema, webhookEndpointCreatedSchema, webhookSecretRotateSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { rotateWebhookSecret } from '../../services/webhooks.ts'

/** `POST /v1/webhook-endpoints/{id}:rotate-secret` */
export const rotateWebhookSecretRoute = command({
  id: 'rotateWebhookSecret',
  method: 'post',
  path: '/v1/webhook-endpoints/{id}:rotate-secret',
  tag: 'Webhooks',
  summary: 'Replace the secret of an endpoint',
  description:
    'The new secret is shown in this answer only. For `overlap_s`, 24 hours without it, webhooks carry a signature by each secret.',
  scope: 'webhooks:write',
  params: z.object({ id: idSchema('webhookEndpoint') }),
  body: webhookSecretRotateSchema,
  answers: { 200: webhookEndpointCreatedSchema },
  run: async (unit, { params, body, ifMatch }) =>
    okVersioned(await rotateWebhookSecret(unit, params.id, body, ifMatch)),
})
