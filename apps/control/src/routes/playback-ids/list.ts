import { idSchema, playbackIdSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { listPlaybackIds } from '../../services/playback-ids.ts'

/** `GET /v1/streams/{id}/playback-ids` */
export const listPlaybackIdsRoute = query({
  id: 'listPlaybackIds',
  path: '/v1/streams/{id}/playback-ids',
  tag: 'Playback',
  summary: 'List the playback ids of a stream',
  scope: 'streams:read',
  params: z.object({ id: idSchema('stream') }),
  answers: { 200: z.object({ data: z.array(playbackIdSchema) }) },
  run: async (unit, { params }) => ok({ data: await listPlaybackIds(unit, params.id) }),
})
