import { idSchema, jobSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { finishRecording } from '../../services/recordings.ts'

/** `POST /v1/recordings/{id}:finish` */
export const finishRecordingRoute = command({
  id: 'finishRecording',
  method: 'post',
  path: '/v1/recordings/{id}:finish',
  tag: 'Recordings',
  summary: 'Finish a recording again',
  description:
    'Makes its playlists, file and pictures anew. It is done without being asked for whenever something has changed.',
  scope: 'recordings:write',
  params: z.object({ id: idSchema('recording') }),
  answers: { 202: jobSchema },
  run: async (unit, { params }) => accepted(await finishRecording(unit, params.id)),
})
