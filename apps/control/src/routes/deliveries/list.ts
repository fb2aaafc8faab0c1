import { deliveryQuerySchema, deliverySchema, idSchema, pageOf } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { listDeliveries } from '../../services/deliveries.ts'

/** `GET /v1/webhook-endpoints/{id}/deliveries` */
export const listDeliveriesRoute = query({
  id: 'listDeliveries',
  path: '/v1/webhook-endpoints/{id}/deliveries',
  tag: 'Webhooks',
  summary: 'List the deliveries to an endpoint',
  scope: 'webhooks:read',
  params: z.object({ id: idSchema('webhookEndpoint') }),
  query: deliveryQuerySchema,
  answers: { 200: pageOf(deliverySchema) },
  run: async (unit, { params, query: page }) => ok(await listDeliveries(unit, params.id, page)),
})
