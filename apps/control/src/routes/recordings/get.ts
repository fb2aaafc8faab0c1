import { idSchema, recordingSchema } from '@millrace/contracts'
import { z } from 'zod'

import { okVersioned, query } from '../../http/route.ts'
import { getRecording } from '../../services/recordings.ts'

/** `GET /v1/recordings/{id}` */
export const getRecordingRoute = query({
  id: 'getRecording',
  path: '/v1/recordings/{id}',
  tag: 'Recordings',
  summary: 'Get a recording',
  scope: 'recordings:read',
  params: z.object({ id: idSchema('recording') }),
  answers: { 200: recordingSchema },
  run: async (unit, { params }) => okVersioned(await getRecording(unit, params.id)),
})
