import { idSchema, tokenSchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getToken } from '../../services/tokens.ts'

/** `GET /v1/tokens/{id}` */
export const getTokenRoute = query({
  id: 'getToken',
  path: '/v1/tokens/{id}',
  tag: 'Tokens',
  summary: 'Read an API token',
  scope: 'admin',
  params: z.object({ id: idSchema('token') }),
  answers: { 200: tokenSchema },
  run: async (unit, { params }) => ok(await getToken(unit, params.id)),
})
