import { pageOf, viewerQuerySchema, viewerSchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listViewers } from '../../services/viewers.ts'

/** `GET /v1/viewers` */
export const listViewersRoute = query({
  id: 'listViewers',
  path: '/v1/viewers',
  tag: 'Viewers',
  summary: 'List who watches now',
  description: 'Nodes tell of comings and goings every few seconds.',
  scope: 'streams:read',
  query: viewerQuerySchema,
  answers: { 200: pageOf(viewerSchema) },
  run: async (unit, { query: page }) => ok(await listViewers(unit, page)),
})
