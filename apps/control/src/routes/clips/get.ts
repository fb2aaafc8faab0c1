import { clipSchema, idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getClip } from '../../services/archive/clips.ts'

/** `GET /v1/clips/{id}` */
export const getClipRoute = query({
  id: 'getClip',
  path: '/v1/clips/{id}',
  tag: 'Clips',
  summary: 'A clip, with a URL to download it by for a while',
  scope: 'recordings:read',
  params: z.object({ id: idSchema('clip') }),
  answers: { 200: clipSchema },
  run: async (unit, { params, caller }) => ok(await getClip(unit, params.id, caller)),
})
