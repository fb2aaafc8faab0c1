import { vhostCreatedSchema, vhostCreateSchema } from '@millrace/contracts'

import { command, created } from '../../http/route.ts'
import { createVhost } from '../../services/vhosts.ts'

/** `POST /v1/vhosts` */
export const createVhostRoute = command({
  id: 'createVhost',
  method: 'post',
  path: '/v1/vhosts',
  tag: 'Vhosts',
  summary: 'Create a vhost',
  description: '`hook_secret`, which signs calls of its admission hook, is shown in this answer only.',
  scope: 'vhosts:write',
  body: vhostCreateSchema,
  answers: { 201: vhostCreatedSchema },
  async run(unit, { body }) {
    const { value, version } = await createVhost(unit, body)
    return created(value, `/v1/vhosts/${value.id}`, version)
  },
})
