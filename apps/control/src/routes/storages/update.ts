import { idSchema, storagePatchSchema, storageSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { updateStorage } from '../../services/storages.ts'

/** `PATCH /v1/storages/{id}` */
export const updateStorageRoute = command({
  id: 'updateStorage',
  method: 'patch',
  path: '/v1/storages/{id}',
  tag: 'Storages',
  summary: 'Change a storage',
  description: 'A JSON merge patch (RFC 7396): null takes a setting back to its default.',
  scope: 'storages:write',
  params: z.object({ id: idSchema('storage') }),
  body: storagePatchSchema,
  answers: { 200: storageSchema },
  run: async (unit, { params, body, ifMatch }) => okVersioned(await updateStorage(unit, params.id, body, ifMatch)),
})
