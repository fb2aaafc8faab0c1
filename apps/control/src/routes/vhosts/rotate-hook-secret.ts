import { hookSecretSchema, idSchema, webhookSecretRotateSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, ok } from '../../http/route.ts'
import { rotateHookSecret } from '../../services/vhosts.ts'

/** `POST /v1/vhosts/{id}:rotate-hook-secret` */
export const rotateHookSecretRoute = command({
  id: 'rotateHookSecret',
  method: 'post',
  path: '/v1/vhosts/{id}:rotate-hook-secret',
  tag: 'Vhosts',
  summary: 'Replace the secret that signs calls of the admission hook',
  description:
    'The new secret is shown in this answer only. For `overlap_s`, 24 hours without it, calls carry a signature by each secret.',
  scope: 'vhosts:write',
  params: z.object({ id: idSchema('vhost') }),
  body: webhookSecretRotateSchema,
  answers: { 200: hookSecretSchema },
  run: async (unit, { params, body }) => ok(await rotateHookSecret(unit, params.id, body)),
})
