import { idSchema } from '@millrace/contracts'
import { z } from 'zod'

import { command, noContent } from '../../http/route.ts'
import { deleteToken } from '../../services/tokens.ts'

/** `DELETE /v1/tokens/{id}` */
export const deleteTokenRoute = command({
  id: 'deleteToken',
  method: 'delete',
  path: '/v1/tokens/{id}',
  tag: 'Tokens',
  summary: 'Delete an API token: it ends at once',
  scope: 'admin',
  params: z.object({ id: idSchema('token') }),
  answers: { 204: null },
  async run(unit, { params }) {
    await deleteToken(unit, params.id)
    return noContent
  },
})
