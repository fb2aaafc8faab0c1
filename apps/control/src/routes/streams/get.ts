import { idSchema, streamSchema } from '@millrace/contracts'
import { z } from 'zod'

import { okVersioned, query } from '../../http/route.ts'
import { getStream } from '../../services/streams.ts'

/** `GET /v1/streams/{id}` */
export const getStreamRoute = query({
  id: 'getStream',
  path: '/v1/streams/{id}',
  tag: 'Streams',
  summary: 'Read a stream',
  scope: 'streams:read',
  params: z.object({ id: idSchema('stream') }),
  answers: { 200: streamSchema },
  run: async (unit, { params }) => okVersioned(await getStream(unit, params.id)),
})
