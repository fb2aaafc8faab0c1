import { idSchema, streamKeyPatchSchema, streamKeySchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, ok } from '../../http/route.ts'
import { updateStreamKey } from '../../services/stream-keys.ts'

/** `PATCH /v1/streams/{id}/keys/{key}` */
export const updateStreamKeyRoute = command({
  id: 'updateStreamKey',
  method: 'patch',
  path: '/v1/streams/{id}/keys/{key}',
  tag: 'Stream keys',
  summary: 'Change a stream key',
  description: 'A JSON merge patch (RFC 7396): null takes a setting back to its default.',
  scope: 'keys:write',
  params: z.object({ id: idSchema('stream'), key: idSchema('key') }),
  body: streamKeyPatchSchema,
  answers: { 200: streamKeySchema },
  run: async (unit, { params, body }) => ok(await updateStreamKey(unit, params.id, params.key, body)),
})
