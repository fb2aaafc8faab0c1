import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { detachPushTarget } from '../../services/stream-push-targets.ts'

/** `DELETE /v1/streams/{id}/push-targets/{push_target_id}` */
export const detachPushTargetRoute = command({
  id: 'detachPushTarget',
  method: 'delete',
  path: '/v1/streams/{id}/push-targets/{push_target_id}',
  tag: 'Push targets',
  summary: 'Stop sending a stream to a push target',
  scope: 'streams:write',
  params: z.object({ id: idSchema('stream'), push_target_id: idSchema('pushTarget') }),
  answers: { 204: null },
  async run(unit, { params }) {
    await detachPushTarget(unit, params.id, params.push_target_id)
    return noContent
  },
})
