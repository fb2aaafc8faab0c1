import { deliveryDetailSchema, idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getDelivery } from '../../services/deliveries.ts'

/** `GET /v1/deliveries/{id}` */
export const getDeliveryRoute = query({
  id: 'getDelivery',
  path: '/v1/deliveries/{id}',
  tag: 'Webhooks',
  summary: 'Read a delivery and the log of its attempts',
  scope: 'webhooks:read',
  params: z.object({ id: idSchema('delivery') }),
  answers: { 200: deliveryDetailSchema },
  run: async (unit, { params }) => ok(await getDelivery(unit, params.id)),
})
