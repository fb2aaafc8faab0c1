import { signingKeyCreatedSchema, signingKeyCreateSchema } from '@millrace/contracts'

import { command, created } from '../../http/route.ts'
import { createSigningKey } from '../../services/signing-keys.ts'

/** `POST /v1/signing-keys` */
export const createSigningKeyRoute = command({
  id: 'createSigningKey',
  method: 'post',
  path: '/v1/signing-keys',
  tag: 'Playback',
  summary: 'Make a key that signs playback tokens, or import the public half of your own',
  description:
    'The private half, `private_jwk`, is shown in this answer only. Tokens that you sign yourself carry the id of the key as `kid`.',
  scope: 'keys:write',
  body: signingKeyCreateSchema,
  answers: { 201: signingKeyCreatedSchema },
  async run(unit, { body }) {
    const key = await createSigningKey(unit, body)
    return created(key, `/v1/signing-keys/${key.id}`)
  },
})
