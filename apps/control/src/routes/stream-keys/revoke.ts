import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { revokeStreamKey } from '../../services/stream-keys.ts'

/** `DELETE /v1/streams/{id}/keys/{key}` */
export const revokeStreamKeyRoute = command({
  id: 'revokeStreamKey',
  method: 'delete',
  path: '/v1/streams/{id}/keys/{key}',
  tag: 'Stream keys',
  summary: 'Revoke a key: no new broadcast starts with it',
  scope: 'keys:write',
  params: z.object({ id: idSchema('stream'), key: idSchema('key') }),
  answers: { 204: null },
  async run(unit, { params }) {
    await revokeStreamKey(unit, params.id, params.key)
    return noContent
  },
})
