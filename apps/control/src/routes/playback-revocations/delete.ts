import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deletePlaybackRevocation } from '../../services/playback-revocations.ts'

/** `DELETE /v1/playback-revocations/{id}` */
export const deletePlaybackRevocationRoute = command({
  id: 'deletePlaybackRevocation',
  method: 'delete',
  path: '/v1/playback-revocations/{id}',
  tag: 'Playback',
  summary: 'Take a revocation back',
  scope: 'playback:sign',
  params: z.object({ id: idSchema('revocation') }),
  answers: { 204: null },
  async run(unit, { params }) {
    await deletePlaybackRevocation(unit, params.id)
    return noContent
  },
})
