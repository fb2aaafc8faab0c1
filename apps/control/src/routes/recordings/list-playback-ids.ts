import { idSchema, playbackIdSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { listRecordingPlaybackIds } from '../../services/playback-ids.ts'

/** `GET /v1/recordings/{id}/playback-ids` */
export const listRecordingPlaybackIdsRoute = query({
  id: 'listRecordingPlaybackIds',
  path: '/v1/recordings/{id}/playback-ids',
  tag: 'Recordings',
  summary: 'List the playback ids of a recording',
  scope: 'recordings:read',
  params: z.object({ id: idSchema('recording') }),
  answers: { 200: z.object({ data: z.array(playbackIdSchema) }) },
  run: async (unit, { params }) => ok({ data: await listRecordingPlaybackIds(unit, params.id) }),
})
