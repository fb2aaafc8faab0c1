import { idSchema, storageTestSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, procedure } from '../../http/route.ts'
import { testStorage } from '../../services/storages.ts'

/** `POST /v1/storages/{id}:test` */
export const testStorageRoute = procedure({
  id: 'testStorage',
  method: 'post',
  path: '/v1/storages/{id}:test',
  tag: 'Storages',
  summary: 'Try a storage: write, read, list, upload in parts, delete',
  description:
    'With objects below `checks/`, which are gone afterwards. `cors` says whether pages of other origins may read objects, as players in browsers do.',
  scope: 'storages:write',
  params: z.object({ id: idSchema('storage') }),
  answers: { 200: storageTestSchema },
  run: async (unit, { params }) => ok(await testStorage(unit, params.id)),
})
