import { idSchema, streamSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { disableStream } from '../../services/streams.ts'

/** `POST /v1/streams/{id}:disable` */
export const disableStreamRoute = command({
  id: 'disableStream',
  method: 'post',
  path: '/v1/streams/{id}:disable',
  tag: 'Streams',
  summary: 'Refuse publishers and players, and end the broadcast that is on',
  scope: 'streams:write',
  params: z.object({ id: idSchema('stream') }),
  answers: { 200: streamSchema },
  run: async (unit, { params }) => okVersioned(await disableStream(unit, params.id)),
})
