import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deleteNode } from '../../services/node-drain.ts'

/** `DELETE /v1/nodes/{id}` */
export const deleteNodeRoute = command({
  id: 'deleteNode',
  method: 'delete',
  path: '/v1/nodes/{id}',
  tag: 'Nodes',
  summary: 'Forget a node that is gone for good',
  description: 'By a token of the default project. A node that is alive is refused.',
  scope: 'nodes:write',
  params: z.object({ id: idSchema('node') }),
  answers: { 204: null },
  async run(unit, { params }) {
    await deleteNode(unit, params.id)
    return noContent
  },
})
