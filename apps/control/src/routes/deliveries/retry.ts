import { deliverySchema, idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { retryDelivery } from '../../services/deliveries.ts'

/** `POST /v1/deliveries/{id}:retry` */
export const retryDeliveryRoute = command({
  id: 'retryDelivery',
  method: 'post',
  path: '/v1/deliveries/{id}:retry',
  tag: 'Webhooks',
  summary: 'Try a delivery again now, under the same webhook-id',
  scope: 'webhooks:write',
  params: z.object({ id: idSchema('delivery') }),
  answers: { 202: deliverySchema },
  run: async (unit, { params }) => accepted(await retryDelivery(unit, params.id)),
})
