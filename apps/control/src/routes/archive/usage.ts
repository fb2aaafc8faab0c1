import { idSchema, timeRangeQuerySchema, usageSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getUsage } from '../../services/archive/usage.ts'

/** `GET /v1/streams/{id}/usage` */
export const getUsageRoute = query({
  id: 'getUsage',
  path: '/v1/streams/{id}/usage',
  tag: 'Archive',
  summary: 'What a stream used in a time: hours, traffic, storage',
  scope: 'recordings:read',
  params: z.object({ id: idSchema('stream') }),
  query: timeRangeQuerySchema,
  answers: { 200: usageSchema },
  run: async (unit, { params, query: range }) => ok(await getUsage(unit, params.id, range)),
})
