import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deleteStorage } from '../../services/storages.ts'

/** `DELETE /v1/storages/{id}` */
export const deleteStorageRoute = command({
  id: 'deleteStorage',
  method: 'delete',
  path: '/v1/storages/{id}',
  tag: 'Storages',
  summary: 'Delete a storage',
  scope: 'storages:write',
  params: z.object({ id: idSchema('storage') }),
  answers: { 204: null },
  async run(unit, { params, ifMatch }) {
    await deleteStorage(unit, params.id, ifMatch)
    return noContent
  },
})
