import { pageOf, recordingQuerySchema, recordingSchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listRecordings } from '../../services/recordings.ts'

/** `GET /v1/recordings` */
export const listRecordingsRoute = query({
  id: 'listRecordings',
  path: '/v1/recordings',
  tag: 'Recordings',
  summary: 'List recordings',
  description: '`from` and `to`: those that have a part in this time. Deleted ones only with `status=deleted`.',
  scope: 'recordings:read',
  query: recordingQuerySchema,
  answers: { 200: pageOf(recordingSchema) },
  run: async (unit, { query: page }) => ok(await listRecordings(unit, page)),
})
