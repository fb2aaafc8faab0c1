import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deleteStream } from '../../services/streams.ts'

/** `DELETE /v1/streams/{id}` */
export const deleteStreamRoute = command({
  id: 'deleteStream',
  method: 'delete',
  path: '/v1/streams/{id}',
  tag: 'Streams',
  summary: 'Delete a stream that is not on air, with its keys, playback ids and sessions',
  scope: 'streams:write',
  params: z.object({ id: idSchema('stream') }),
  answers: { 204: null },
  async run(unit, { params, ifMatch }) {
    await deleteStream(unit, params.id, ifMatch)
    return noContent
  },
})
