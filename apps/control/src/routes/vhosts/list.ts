import { pageOf, pageQueryOf, vhostSchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listVhosts } from '../../services/vhosts.ts'

/** `GET /v1/vhosts` */
export const listVhostsRoute = query({
  id: 'listVhosts',
  path: '/v1/vhosts',
  tag: 'Vhosts',
  summary: 'List vhosts',
  scope: 'vhosts:read',
  query: pageQueryOf('vhost'),
  answers: { 200: pageOf(vhostSchema) },
  run: async (unit, { query: page }) => ok(await listVhosts(unit, page)),
})
