import { idSchema, recordingSplitSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, ok } from '../../http/route.ts'
import { splitRecording } from '../../services/recordings.ts'

/** `POST /v1/recordings/{id}:split` */
export const splitRecordingRoute = command({
  id: 'splitRecording',
  method: 'post',
  path: '/v1/recordings/{id}:split',
  tag: 'Recordings',
  summary: 'Go on in another recording',
  description: 'It ends with the segment that is being written, and another like it begins with the next one.',
  scope: 'recordings:write',
  params: z.object({ id: idSchema('recording') }),
  answers: { 200: recordingSplitSchema },
  run: async (unit, { params }) => ok(await splitRecording(unit, params.id)),
})
