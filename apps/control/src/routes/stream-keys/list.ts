import { idSchema, pageOf, pageQueryOf, streamKeySchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { listStreamKeys } from '../../services/stream-keys.ts'

/** `GET /v1/streams/{id}/keys` */
export const listStreamKeysRoute = query({
  id: 'listStreamKeys',
  path: '/v1/streams/{id}/keys',
  tag: 'Stream keys',
  summary: 'List the keys of a stream, revoked ones too',
  scope: 'streams:read',
  params: z.object({ id: idSchema('stream') }),
  query: pageQueryOf('key'),
  answers: { 200: pageOf(streamKeySchema) },
  run: async (unit, { params, query: page }) => ok(await listStreamKeys(unit, params.id, page)),
})
