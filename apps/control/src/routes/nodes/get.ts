import { idSchema, nodeSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getNode } from '../../services/nodes.ts'

/** `GET /v1/nodes/{id}` */
export const getNodeRoute = query({
  id: 'getNode',
  path: '/v1/nodes/{id}',
  tag: 'Nodes',
  summary: 'Read a media node',
  scope: 'nodes:read',
  params: z.object({ id: idSchema('node') }),
  answers: { 200: nodeSchema },
  run: async (unit, { params }) => ok(await getNode(unit, params.id)),
})
