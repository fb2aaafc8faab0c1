import { idSchema, streamKeyCreatedSchema, streamKeyCreateSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, created } from '../../http/route.ts'
import { createStreamKey } from '../../services/stream-keys.ts'

/** `POST /v1/streams/{id}/keys` */
export const createStreamKeyRoute = command({
  id: 'createStreamKey',
  method: 'post',
  path: '/v1/streams/{id}/keys',
  tag: 'Stream keys',
  summary: 'Create a stream key',
  description: 'The key itself, `secret`, and the publish URLs with it are shown in this answer only.',
  scope: 'keys:write',
  params: z.object({ id: idSchema('stream') }),
  body: streamKeyCreateSchema,
  answers: { 201: streamKeyCreatedSchema },
  async run(unit, { params, body }) {
    const key = await createStreamKey(unit, params.id, body)
    return created(key, `/v1/streams/${params.id}/keys`)
  },
})
