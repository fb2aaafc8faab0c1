import { pageOf, pageQueryOf, signingKeySchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listSigningKeys } from '../../services/signing-keys.ts'

/** `GET /v1/signing-keys` */
export const listSigningKeysRoute = query({
  id: 'listSigningKeys',
  path: '/v1/signing-keys',
  tag: 'Playback',
  summary: 'List signing keys, revoked ones too',
  scope: 'streams:read',
  query: pageQueryOf('signingKey'),
  answers: { 200: pageOf(signingKeySchema) },
  run: async (unit, { query: page }) => ok(await listSigningKeys(unit, page)),
})
