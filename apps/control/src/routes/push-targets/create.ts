import { pushTargetCreateSchema, pushTargetSchema } from '@millrace/contracts'

import { command, created } from '../../http/route.ts'
import { createPushTarget } from '../../services/push-targets.ts'

/** `POST /v1/push-targets` */
export const createPushTargetRoute = command({
  id: 'createPushTarget',
  method: 'post',
  path: '/v1/push-targets',
  tag: 'Push targets',
  summary: 'Create a push target',
  description:
    'Attach it to streams with `PUT /v1/streams/{id}/push-targets/{push_target_id}`. The credential is never shown again.',
  scope: 'streams:write',
  body: pushTargetCreateSchema,
  answers: { 201: pushTargetSchema },
  async run(unit, { body }) {
    const { value, version } = await createPushTarget(unit, body)
    return created(value, `/v1/push-targets/${value.id}`, version)
  },
})
