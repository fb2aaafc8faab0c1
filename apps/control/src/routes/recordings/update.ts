import { idSchema, recordingPatchSchema, recordingSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { updateRecording } from '../../services/recordings.ts'

/** `PATCH /v1/recordings/{id}` */
export const updateRecordingRoute = command({
  id: 'updateRecording',
  method: 'patch',
  path: '/v1/recordings/{id}',
  tag: 'Recordings',
  summary: 'Change a recording',
  description: 'A JSON merge patch (RFC 7396): null takes a setting back to its default.',
  scope: 'recordings:write',
  params: z.object({ id: idSchema('recording') }),
  body: recordingPatchSchema,
  answers: { 200: recordingSchema },
  run: async (unit, { params, body, ifMatch }) => okVersioned(await updateRecording(unit, params.id, body, ifMatch)),
})
