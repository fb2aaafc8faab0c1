import { idSchema, pushTargetSchema } from '@millrace/contracts'
import { z } from 'zod'

import { okVersioned, query } from '../../http/route.ts'
import { getPushTarget } from '../../services/push-targets.ts'

/** `GET /v1/push-targets/{id}` */
export const getPushTargetRoute = query({
  id: 'getPushTarget',
  path: '/v1/push-targets/{id}',
  tag: 'Push targets',
  summary: 'Read a push target',
  scope: 'streams:read',
  params: z.object({ id: idSchema('pushTarget') }),
  answers: { 200: pushTargetSchema },
  run: async (unit, { params }) => okVersioned(await getPushTarget(unit, params.id)),
})
