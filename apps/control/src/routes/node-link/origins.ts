import { originAnswerSchema, originLookupSchema } from '@millrace/contracts'

import { command, ok } from '../../http/route.ts'
import { findOrigins } from '../../services/leases.ts'

/** `POST /node/v1/origins` */
export const originsRoute = command({
  id: 'nodeOrigins',
  method: 'post',
  path: '/node/v1/origins',
  tag: 'Node link',
  summary: 'Which nodes have these streams?',
  scope: 'nodes:link',
  link: true,
  body: originLookupSchema,
  answers: { 200: originAnswerSchema },
  run: async (unit, { body }) => ok(await findOrigins(unit, body)),
})
