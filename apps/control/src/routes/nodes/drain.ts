import { idSchema, jobSchema } from '@millrace/contracts'
import { z } from 'zod'

import { accepted, command } from '../../http/route.ts'
import { drainNode } from '../../services/node-drain.ts'

/** `POST /v1/nodes/{id}:drain` */
export const drainNodeRoute = command({
  id: 'drainNode',
  method: 'post',
  path: '/v1/nodes/{id}:drain',
  tag: 'Nodes',
  summary: 'Take a node out of service',
  description:
    'It takes no new publishers and players and hands its long-lived work over; what is on goes on until it ends. By a token of the default project.',
  scope: 'nodes:write',
  params: z.object({ id: idSchema('node') }),
  answers: { 202: jobSchema },
  run: async (unit, { params }) => accepted(await drainNode(unit, params.id)),
})
