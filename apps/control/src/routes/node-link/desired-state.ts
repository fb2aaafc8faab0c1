import { desiredStateQuerySchema, desiredStateSchema } from '@millrace/contracts'

import { query } from '../../http/route.ts'
import { getDesiredState } from '../../services/desired-state.ts'

/** `GET /node/v1/desired-state` */
export const desiredStateRoute = query({
  id: 'nodeDesiredState',
  path: '/node/v1/desired-state',
  tag: 'Node link',
  summary: 'What the node has to know to decide without asking',
  description: 'With the `ETag` of an earlier answer as `If-None-Match`: 304 while nothing has changed.',
  scope: 'nodes:link',
  query: desiredStateQuerySchema,
  answers: { 200: desiredStateSchema, 304: null },
  async run(unit, { query: { node_id: nodeId }, ifNoneMatch }) {
    const { state, etag } = await getDesiredState(unit, nodeId)
    const known = ifNoneMatch === '*' || ifNoneMatch?.includes(etag) === true
    return known ? { status: 304, headers: { etag } } : { status: 200, body: state, headers: { etag } }
  },
})
