import { pageOf, pageQueryOf, storageSchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listStorages } from '../../services/storages.ts'

/** `GET /v1/storages` */
export const listStoragesRoute = query({
  id: 'listStorages',
  path: '/v1/storages',
  tag: 'Storages',
  summary: 'List storages',
  scope: 'storages:read',
  query: pageQueryOf('storage'),
  answers: { 200: pageOf(storageSchema) },
  run: async (unit, { query: page }) => ok(await listStorages(unit, page)),
})
