import { clipQuerySchema, clipSchema, pageOf } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listClips } from '../../services/archive/clips.ts'

/** `GET /v1/clips` */
export const listClipsRoute = query({
  id: 'listClips',
  path: '/v1/clips',
  tag: 'Clips',
  summary: 'List clips',
  scope: 'recordings:read',
  query: clipQuerySchema,
  answers: { 200: pageOf(clipSchema) },
  run: async (unit, { query: filter, caller }) => ok(await listClips(unit, filter, caller)),
})
