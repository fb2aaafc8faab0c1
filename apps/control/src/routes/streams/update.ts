import { idSchema, streamPatchSchema, streamSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { updateStream } from '../../services/streams.ts'

/** `PATCH /v1/streams/{id}` */
export const updateStreamRoute = command({
  id: 'updateStream',
  method: 'patch',
  path: '/v1/streams/{id}',
  tag: 'Streams',
  summary: 'Change a stream',
  description: 'A JSON merge patch (RFC 7396): null takes a setting back to its default.',
  scope: 'streams:write',
  params: z.object({ id: idSchema('stream') }),
  body: streamPatchSchema,
  answers: { 200: streamSchema },
  run: async (unit, { params, body, ifMatch }) => okVersioned(await updateStream(unit, params.id, body, ifMatch)),
})
