import { idSchema, vhostSchema } from '@millrace/contracts'
import { z } from 'zod'

import { okVersioned, query } from '../../http/route.ts'
import { getVhost } from '../../services/vhosts.ts'

/** `GET /v1/vhosts/{id}` */
export const getVhostRoute = query({
  id: 'getVhost',
  path: '/v1/vhosts/{id}',
  tag: 'Vhosts',
  summary: 'Read a vhost',
  scope: 'vhosts:read',
  params: z.object({ id: idSchema('vhost') }),
  answers: { 200: vhostSchema },
  run: async (unit, { params }) => okVersioned(await getVhost(unit, params.id)),
})
