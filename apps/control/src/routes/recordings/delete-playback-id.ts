import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deleteRecordingPlaybackId } from '../../services/playback-ids.ts'

/** `DELETE /v1/recordings/{id}/playback-ids/{playback_id}` */
export const deleteRecordingPlaybackIdRoute = command({
  id: 'deleteRecordingPlaybackId',
  method: 'delete',
  path: '/v1/recordings/{id}/playback-ids/{playback_id}',
  tag: 'Recordings',
  summary: 'Delete a playback id of a recording',
  scope: 'recordings:write',
  params: z.object({ id: idSchema('recording'), playback_id: idSchema('playback') }),
  answers: { 204: null },
  async run(unit, { params }) {
    await deleteRecordingPlaybackId(unit, params.id, params.playback_id)
    return noContent
  },
})
