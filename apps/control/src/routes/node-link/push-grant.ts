import { pushGrantRequestSchema, pushGrantSchema } from '@millrace/contracts'

import { command, ok } from '../../http/route.ts'
import { grantPush } from '../../services/push-targets.ts'

/** `POST /node/v1/push-grant` */
export const pushGrantRoute = command({
  id: 'nodePushGrant',
  method: 'post',
  path: '/node/v1/push-grant',
  tag: 'Node link',
  summary: 'Where to push a stream to, with the credential',
  scope: 'nodes:link',
  link: true,
  body: pushGrantRequestSchema,
  answers: { 200: pushGrantSchema },
  run: async (unit, { body }) => ok(await grantPush(unit, body)),
})
