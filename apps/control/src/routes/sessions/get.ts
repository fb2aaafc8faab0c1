import { idSchema, sessionSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getSession } from '../../services/sessions.ts'

/** `GET /v1/sessions/{id}` */
export const getSessionRoute = query({
  id: 'getSession',
  path: '/v1/sessions/{id}',
  tag: 'Sessions',
  summary: 'Read a broadcast',
  scope: 'streams:read',
  params: z.object({ id: idSchema('session') }),
  answers: { 200: sessionSchema },
  run: async (unit, { params }) => ok(await getSession(unit, params.id)),
})
