import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deleteWebhookEndpoint } from '../../services/webhooks.ts'

/** `DELETE /v1/webhook-endpoints/{id}` */
export const deleteWebhookEndpointRoute = command({
  id: 'deleteWebhookEndpoint',
  method: 'delete',
  path: '/v1/webhook-endpoints/{id}',
  tag: 'Webhooks',
  summary: 'Delete a webhook endpoint and what is on its way to it',
  scope: 'webhooks:write',
  params: z.object({ id: idSchema('webhookEndpoint') }),
  answers: { 204: null },
  async run(unit, { params, ifMatch }) {
    await deleteWebhookEndpoint(unit, params.id, ifMatch)
    return noContent
  },
})
