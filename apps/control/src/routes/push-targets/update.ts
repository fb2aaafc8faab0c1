import { idSchema, pushTargetPatchSchema, pushTargetSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { updatePushTarget } from '../../services/push-targets.ts'

/** `PATCH /v1/push-targets/{id}` */
export const updatePushTargetRoute = command({
  id: 'updatePushTarget',
  method: 'patch',
  path: '/v1/push-targets/{id}',
  tag: 'Push targets',
  summary: 'Change a push target',
  description: 'A JSON merge patch (RFC 7396): null takes a setting back to its default.',
  scope: 'streams:write',
  params: z.object({ id: idSchema('pushTarget') }),
  body: pushTargetPatchSchema,
  answers: { 200: pushTargetSchema },
  run: async (unit, { params, body, ifMatch }) => okVersioned(await updatePushTarget(unit, params.id, body, ifMatch)),
})
