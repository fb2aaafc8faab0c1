import { idSchema, streamKeyCreatedSchema, streamKeyRotateSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, created } from '../../http/route.ts'
import { rotateStreamKeys } from '../../services/stream-keys.ts'

/** `POST /v1/streams/{id}/keys:rotate` */
export const rotateStreamKeysRoute = command({
  id: 'rotateStreamKeys',
  method: 'post',
  path: '/v1/streams/{id}/keys:rotate',
  tag: 'Stream keys',
  summary: 'Create a key, and let the others end after a while',
  description: 'The key itself, `secret`, and the URLs with it are shown in this answer only.',
  scope: 'keys:write',
  params: z.object({ id: idSchema('stream') }),
  body: streamKeyRotateSchema,
  answers: { 201: streamKeyCreatedSchema },
  async run(unit, { params, body }) {
    const key = await rotateStreamKeys(unit, params.id, body)
    return created(key, `/v1/streams/${params.id}/keys/${key.id}`)
  },
})
