import { storageGrantAnswerSchema, storageGrantRequestSchema } from '@millrace/contracts'

import { ok, procedure } from '../../http/route.ts'
import { grantObjects } from '../../services/storage-grants.ts'

/** `POST /node/v1/storage-grants` */
export const storageGrantsRoute = procedure({
  id: 'nodeStorageGrants',
  method: 'post',
  path: '/node/v1/storage-grants',
  tag: 'Node link',
  summary: 'How to write objects of the archive',
  scope: 'nodes:link',
  link: true,
  body: storageGrantRequestSchema,
  answers: { 200: storageGrantAnswerSchema },
  run: async (unit, { body }) => ok(await grantObjects(unit, body)),
})
