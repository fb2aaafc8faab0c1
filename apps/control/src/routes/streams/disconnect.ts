import { idSchema, jobSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { disconnectStream } from '../../services/streams.ts'

/** `POST /v1/streams/{id}:disconnect` */
export const disconnectStreamRoute = command({
  id: 'disconnectStream',
  method: 'post',
  path: '/v1/streams/{id}:disconnect',
  tag: 'Streams',
  summary: 'End the broadcast that is on',
  description:
    'The job is done when the node has ended it. The publisher may come again: disable the stream or revoke its key to prevent that.',
  scope: 'streams:write',
  params: z.object({ id: idSchema('stream') }),
  answers: { 202: jobSchema },
  run: async (unit, { params }) => accepted(await disconnectStream(unit, params.id)),
})
