import { idSchema, signingKeySchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getSigningKey } from '../../services/signing-keys.ts'

/** `GET /v1/signing-keys/{id}` */
export const getSigningKeyRoute = query({
  id: 'getSigningKey',
  path: '/v1/signing-keys/{id}',
  tag: 'Playback',
  summary: 'Read a signing key',
  scope: 'streams:read',
  params: z.object({ id: idSchema('signingKey') }),
  answers: { 200: signingKeySchema },
  run: async (unit, { params }) => ok(await getSigningKey(unit, params.id)),
})
