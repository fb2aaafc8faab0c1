import { idSchema, storageSchema } from '@millrace/contracts'
import { z } from 'zod'

import { okVersioned, query } from '../../http/route.ts'
import { getStorage } from '../../services/storages.ts'

/** `GET /v1/storages/{id}` */
export const getStorageRoute = query({
  id: 'getStorage',
  path: '/v1/storages/{id}',
  tag: 'Storages',
  summary: 'Read a storage',
  scope: 'storages:read',
  params: z.object({ id: idSchema('storage') }),
  answers: { 200: storageSchema },
  run: async (unit, { params }) => okVersioned(await getStorage(unit, params.id)),
})
