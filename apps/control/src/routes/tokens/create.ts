import { tokenCreatedSchema, tokenCreateSchema } from '@millrace/contracts'

import { command, created } from '../../http/route.ts'
import { createToken } from '../../services/tokens.ts'

/** `POST /v1/tokens` */
export const createTokenRoute = command({
  id: 'createToken',
  method: 'post',
  path: '/v1/tokens',
  tag: 'Tokens',
  summary: 'Create an API token',
  description: 'The token itself, `secret`, is shown in this answer only.',
  scope: 'admin',
  body: tokenCreateSchema,
  answers: { 201: tokenCreatedSchema },
  async run(unit, { body }) {
    const token = await createToken(unit, body)
    return created(token, `/v1/tokens/${token.id}`)
  },
})
