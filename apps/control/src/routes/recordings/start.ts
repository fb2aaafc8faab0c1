import { idSchema, recordingSchema, recordingStartSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, created } from '../../http/route.ts'
import { startRecording } from '../../services/recordings.ts'

/** `POST /v1/streams/{id}/recordings` */
export const startRecordingRoute = command({
  id: 'startRecording',
  method: 'post',
  path: '/v1/streams/{id}/recordings',
  tag: 'Recordings',
  summary: 'Record the broadcast that is on',
  description:
    'From now on until it is stopped or the publisher stays away. What is not given is as `record` of the stream says. A stream has one recording at a time.',
  scope: 'recordings:write',
  params: z.object({ id: idSchema('stream') }),
  body: recordingStartSchema,
  answers: { 201: recordingSchema },
  async run(unit, { params, body }) {
    const { value, version } = await startRecording(unit, params.id, body)
    return created(value, `/v1/recordings/${value.id}`, version)
  },
})
