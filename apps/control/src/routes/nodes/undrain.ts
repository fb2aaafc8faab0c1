import { idSchema, jobSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { undrainNode } from '../../services/node-drain.ts'

/** `POST /v1/nodes/{id}:undrain` */
export const undrainNodeRoute = command({
  id: 'undrainNode',
  method: 'post',
  path: '/v1/nodes/{id}:undrain',
  tag: 'Nodes',
  summary: 'Put a node into service again',
  description: 'By a token of the default project.',
  scope: 'nodes:write',
  params: z.object({ id: idSchema('node') }),
  answers: { 202: jobSchema },
  run: async (unit, { params }) => accepted(await undrainNode(unit, params.id)),
})
