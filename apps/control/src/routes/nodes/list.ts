import { nodeSchema, pageOf, pageQueryOf } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listNodes } from '../../services/nodes.ts'

/** `GET /v1/nodes` */
export const listNodesRoute = query({
  id: 'listNodes',
  path: '/v1/nodes',
  tag: 'Nodes',
  summary: 'List media nodes',
  scope: 'nodes:read',
  query: pageQueryOf('node'),
  answers: { 200: pageOf(nodeSchema) },
  run: async (unit, { query: page }) => ok(await listNodes(unit, page)),
})
