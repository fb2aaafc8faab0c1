import { idSchema, jobSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { deleteRecording } from '../../services/recordings.ts'

/** `DELETE /v1/recordings/{id}` */
export const deleteRecordingRoute = command({
  id: 'deleteRecording',
  method: 'delete',
  path: '/v1/recordings/{id}',
  tag: 'Recordings',
  summary: 'Delete a recording',
  description: 'Nobody can play it from now on. The job is done when its objects are gone from the storage.',
  scope: 'recordings:write',
  params: z.object({ id: idSchema('recording') }),
  answers: { 202: jobSchema },
  run: async (unit, { params, ifMatch }) => accepted(await deleteRecording(unit, params.id, ifMatch)),
})
