import { idSchema, streamSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { enableStream } from '../../services/streams.ts'

/** `POST /v1/streams/{id}:enable` */
export const enableStreamRoute = command({
  id: 'enableStream',
  method: 'post',
  path: '/v1/streams/{id}:enable',
  tag: 'Streams',
  summary: 'Let publishers and players in again',
  scope: 'streams:write',
  params: z.object({ id: idSchema('stream') }),
  answers: { 200: streamSchema },
  run: async (unit, { params }) => okVersioned(await enableStream(unit, params.id)),
})
