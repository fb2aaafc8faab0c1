import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deleteVhost } from '../../services/vhosts.ts'

/** `DELETE /v1/vhosts/{id}` */
export const deleteVhostRoute = command({
  id: 'deleteVhost',
  method: 'delete',
  path: '/v1/vhosts/{id}',
  tag: 'Vhosts',
  summary: 'Delete a vhost that has no streams',
  scope: 'vhosts:write',
  params: z.object({ id: idSchema('vhost') }),
  answers: { 204: null },
  async run(unit, { params, ifMatch }) {
    await deleteVhost(unit, params.id, ifMatch)
    return noContent
  },
})
