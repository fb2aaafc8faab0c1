import { pageOf, pageQueryOf, tokenSchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listTokens } from '../../services/tokens.ts'

/** `GET /v1/tokens` */
export const listTokensRoute = query({
  id: 'listTokens',
  path: '/v1/tokens',
  tag: 'Tokens',
  summary: 'List API tokens',
  scope: 'admin',
  query: pageQueryOf('token'),
  answers: { 200: pageOf(tokenSchema) },
  run: async (unit, { query: page }) => ok(await listTokens(unit, page)),
})
