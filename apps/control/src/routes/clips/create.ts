import { clipCreateSchema, clipSchema } from '@millrace/contracts'

import { command } from '../../http/route.ts'
import { createClip } from '../../services/archive/clips.ts'

/** `POST /v1/clips` */
export const createClipRoute = command({
  id: 'createClip',
  method: 'post',
  path: '/v1/clips',
  tag: 'Clips',
  summary: 'Cut a part out of a recording or stream',
  description:
    'By the wall clock. Nothing is encoded again, so it begins at the key frame at or before `from`: `starts_at` tells where. The file is there when the job is done.',
  scope: 'recordings:write',
  body: clipCreateSchema,
  answers: { 202: clipSchema },
  async run(unit, { body, caller }) {
    const clip = await createClip(unit, body, caller)
    return { status: 202, body: clip, headers: { location: `/v1/clips/${clip.id}` } }
  },
})
