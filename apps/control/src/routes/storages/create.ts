import { storageCreateSchema, storageSchema } from '@millrace/contracts'

import { command, created } from '../../http/route.ts'
import { createStorage } from '../../services/storages.ts'

/** `POST /v1/storages` */
export const createStorageRoute = command({
  id: 'createStorage',
  method: 'post',
  path: '/v1/storages',
  tag: 'Storages',
  summary: 'Create a storage',
  description: 'The secret access key is never shown again.',
  scope: 'storages:write',
  body: storageCreateSchema,
  answers: { 201: storageSchema },
  async run(unit, { body }) {
    const { value, version } = await createStorage(unit, body)
    return created(value, `/v1/storages/${value.id}`, version)
  },
})
