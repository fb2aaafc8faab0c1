import { pageOf, streamQuerySchema, streamSchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listStreams } from '../../services/streams.ts'

/** `GET /v1/streams` */
export const listStreamsRoute = query({
  id: 'listStreams',
  path: '/v1/streams',
  tag: 'Streams',
  summary: 'List streams',
  scope: 'streams:read',
  query: streamQuerySchema,
  answers: { 200: pageOf(streamSchema) },
  run: async (unit, { query: page }) => ok(await listStreams(unit, page)),
})
