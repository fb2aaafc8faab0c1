import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deletePlaybackId } from '../../services/playback-ids.ts'

/** `DELETE /v1/streams/{id}/playback-ids/{playback_id}` */
export const deletePlaybackIdRoute = command({
  id: 'deletePlaybackId',
  method: 'delete',
  path: '/v1/streams/{id}/playback-ids/{playback_id}',
  tag: 'Playback',
  summary: 'Delete a playback id',
  scope: 'streams:write',
  params: z.object({ id: idSchema('stream'), playback_id: idSchema('playback') }),
  answers: { 204: null },
  async run(unit, { params }) {
    await deletePlaybackId(unit, params.id, params.playback_id)
    return noContent
  },
})
