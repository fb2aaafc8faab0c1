import { idSchema, ingestSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getIngest } from '../../services/ingest.ts'

/** `GET /v1/streams/{id}/ingest` */
export const getIngestRoute = query({
  id: 'getIngest',
  path: '/v1/streams/{id}/ingest',
  tag: 'Streams',
  summary: 'Where to publish, ready to paste',
  description: '`YOUR_STREAM_KEY` stands for the key, which only the answer to its creation has.',
  scope: 'streams:read',
  params: z.object({ id: idSchema('stream') }),
  answers: { 200: ingestSchema },
  run: async (unit, { params }) => ok(await getIngest(unit, params.id)),
})
