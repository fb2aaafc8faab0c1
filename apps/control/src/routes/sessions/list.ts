import { idSchema, pageOf, pageQueryOf, sessionSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { listSessions } from '../../services/sessions.ts'

/** `GET /v1/streams/{id}/sessions` */
export const listSessionsRoute = query({
  id: 'listSessions',
  path: '/v1/streams/{id}/sessions',
  tag: 'Sessions',
  summary: 'List the broadcasts of a stream',
  scope: 'streams:read',
  params: z.object({ id: idSchema('stream') }),
  query: pageQueryOf('session'),
  answers: { 200: pageOf(sessionSchema) },
  run: async (unit, { params, query: page }) => ok(await listSessions(unit, params.id, page)),
})
