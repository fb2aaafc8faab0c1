import { idSchema, vhostPatchSchema, vhostSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, okVersioned } from '../../http/route.ts'
import { updateVhost } from '../../services/vhosts.ts'

/** `PATCH /v1/vhosts/{id}` */
export const updateVhostRoute = command({
  id: 'updateVhost',
  method: 'patch',
  path: '/v1/vhosts/{id}',
  tag: 'Vhosts',
  summary: 'Change a vhost',
  description: 'A JSON merge patch (RFC 7396): null takes a setting back to its default.',
  scope: 'vhosts:write',
  params: z.object({ id: idSchema('vhost') }),
  body: vhostPatchSchema,
  answers: { 200: vhostSchema },
  run: async (unit, { params, body, ifMatch }) => okVersioned(await updateVhost(unit, params.id, body, ifMatch)),
})
