import { pullGrantRequestSchema, pullGrantSchema } from '@millrace/contracts'

import { command, ok } from '../../http/route.ts'
import { grantPull } from '../../services/pulls.ts'

/** `POST /node/v1/pull-grant` */
export const pullGrantRoute = command({
  id: 'nodePullGrant',
  method: 'post',
  path: '/node/v1/pull-grant',
  tag: 'Node link',
  summary: 'Where to pull a stream from',
  scope: 'nodes:link',
  link: true,
  body: pullGrantRequestSchema,
  answers: { 200: pullGrantSchema },
  run: async (unit, { body }) => ok(await grantPull(unit, body)),
})
