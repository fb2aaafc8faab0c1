import { idSchema, playbackIdCreateSchema, playbackIdSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, created } from '../../http/route.ts'
import { createPlaybackId } from '../../services/playback-ids.ts'

/** `POST /v1/streams/{id}/playback-ids` */
export const createPlaybackIdRoute = command({
  id: 'createPlaybackId',
  method: 'post',
  path: '/v1/streams/{id}/playback-ids',
  tag: 'Playback',
  summary: 'Give a stream another playback id',
  scope: 'streams:write',
  params: z.object({ id: idSchema('stream') }),
  body: playbackIdCreateSchema,
  answers: { 201: playbackIdSchema },
  async run(unit, { params, body }) {
    const playback = await createPlaybackId(unit, params.id, body)
    return created(playback, `/v1/playback/${playback.id}`)
  },
})
