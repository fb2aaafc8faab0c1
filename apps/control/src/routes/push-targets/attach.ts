import { idSchema, streamPushTargetSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, ok } from '../../http/route.ts'
import { attachPushTarget } from '../../services/stream-push-targets.ts'

/** `PUT /v1/streams/{id}/push-targets/{push_target_id}` */
export const attachPushTargetRoute = command({
  id: 'attachPushTarget',
  method: 'put',
  path: '/v1/streams/{id}/push-targets/{push_target_id}',
  tag: 'Push targets',
  summary: 'Send a stream to a push target whenever it is on air',
  scope: 'streams:write',
  params: z.object({ id: idSchema('stream'), push_target_id: idSchema('pushTarget') }),
  answers: { 200: streamPushTargetSchema },
  run: async (unit, { params }) => ok(await attachPushTarget(unit, params.id, params.push_target_id)),
})
