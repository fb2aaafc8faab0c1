import { idSchema, playbackIdCreateSchema, playbackIdSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, created } from '../../http/route.ts'
import { createRecordingPlaybackId } from '../../services/playback-ids.ts'

/** `POST /v1/recordings/{id}/playback-ids` */
export const createRecordingPlaybackIdRoute = command({
  id: 'createRecordingPlaybackId',
  method: 'post',
  path: '/v1/recordings/{id}/playback-ids',
  tag: 'Recordings',
  summary: 'Give a recording another playback id',
  scope: 'recordings:write',
  params: z.object({ id: idSchema('recording') }),
  body: playbackIdCreateSchema,
  answers: { 201: playbackIdSchema },
  async run(unit, { params, body }) {
    const playback = await createRecordingPlaybackId(unit, params.id, body)
    return created(playback, `/v1/playback/${playback.id}`)
  },
})
