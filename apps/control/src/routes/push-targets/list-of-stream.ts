import { idSchema, pageOf, pageQueryOf, streamPushTargetSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { listStreamPushTargets } from '../../services/stream-push-targets.ts'

/** `GET /v1/streams/{id}/push-targets` */
export const listStreamPushTargetsRoute = query({
  id: 'listStreamPushTargets',
  path: '/v1/streams/{id}/push-targets',
  tag: 'Push targets',
  summary: 'List the push targets of a stream, and how it goes',
  scope: 'streams:read',
  params: z.object({ id: idSchema('stream') }),
  query: pageQueryOf('pushTarget'),
  answers: { 200: pageOf(streamPushTargetSchema) },
  run: async (unit, { params, query: page }) => ok(await listStreamPushTargets(unit, params.id, page)),
})
