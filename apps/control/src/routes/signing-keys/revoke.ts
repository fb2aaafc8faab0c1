import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { revokeSigningKey } from '../../services/signing-keys.ts'

/** `DELETE /v1/signing-keys/{id}` */
export const revokeSigningKeyRoute = command({
  id: 'revokeSigningKey',
  method: 'delete',
  path: '/v1/signing-keys/{id}',
  tag: 'Playback',
  summary: 'Revoke a signing key: its tokens end within seconds, and so do their viewers',
  scope: 'keys:write',
  params: z.object({ id: idSchema('signingKey') }),
  answers: { 204: null },
  async run(unit, { params }) {
    await revokeSigningKey(unit, params.id)
    return noContent
  },
})
