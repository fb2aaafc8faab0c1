import { idSchema, recordingPlaybackSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getRecordingPlayback } from '../../services/archive/recording-playback.ts'

/** `GET /v1/recordings/{id}/playback` */
export const getRecordingPlaybackRoute = query({
  id: 'getRecordingPlayback',
  path: '/v1/recordings/{id}/playback',
  tag: 'Recordings',
  summary: 'Every way to play a recording, ready to paste',
  description:
    'Also while it is being recorded. URLs without a playback id are for who asks: they open it whatever the policies, until they expire.',
  scope: 'recordings:read',
  params: z.object({ id: idSchema('recording') }),
  answers: { 200: recordingPlaybackSchema },
  run: async (unit, { params, caller }) => ok(await getRecordingPlayback(unit, params.id, caller)),
})
