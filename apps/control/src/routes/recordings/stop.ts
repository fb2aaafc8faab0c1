import { idSchema, recordingSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { stopRecording } from '../../services/recordings.ts'

/** `POST /v1/recordings/{id}:stop` */
export const stopRecordingRoute = command({
  id: 'stopRecording',
  method: 'post',
  path: '/v1/recordings/{id}:stop',
  tag: 'Recordings',
  summary: 'End a recording',
  description: 'The broadcast goes on. What nodes still have of the recording is uploaded, and then it is finished.',
  scope: 'recordings:write',
  params: z.object({ id: idSchema('recording') }),
  answers: { 200: recordingSchema },
  run: async (unit, { params }) => okVersioned(await stopRecording(unit, params.id)),
})
