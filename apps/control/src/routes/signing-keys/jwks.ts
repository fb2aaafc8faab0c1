import { jwksSchema } from '@millrace/contracts'

import { publicQuery } from '../../http/route.ts'
import { getJwks } from '../../services/signing-keys.ts'

/** `GET /.well-known/jwks.json` */
export const jwksRoute = publicQuery({
  id: 'getJwks',
  path: '/.well-known/jwks.json',
  tag: 'Playback',
  summary: 'The public halves of all signing keys in use',
  answers: { 200: jwksSchema },
  run: async (unit) => ({
    status: 200,
    body: await getJwks(unit),
    headers: { 'cache-control': 'public, max-age=60' },
  }),
})
