import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deletePushTarget } from '../../services/push-targets.ts'

/** `DELETE /v1/push-targets/{id}` */
export const deletePushTargetRoute = command({
  id: 'deletePushTarget',
  method: 'delete',
  path: '/v1/push-targets/{id}',
  tag: 'Push targets',
  summary: 'Delete a push target',
  scope: 'streams:write',
  params: z.object({ id: idSchema('pushTarget') }),
  answers: { 204: null },
  async run(unit, { params, ifMatch }) {
    await deletePushTarget(unit, params.id, ifMatch)
    return noContent
  },
})
