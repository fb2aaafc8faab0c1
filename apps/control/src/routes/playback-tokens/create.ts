import { playbackTokenCreateSchema, playbackTokenSchema } from '@millrace/contracts'

import { command, ok } from '../../http/route.ts'
import { createPlaybackToken } from '../../services/playback-tokens.ts'

/** `POST /v1/playback-tokens` */
export const createPlaybackTokenRoute = command({
  id: 'createPlaybackToken',
  method: 'post',
  path: '/v1/playback-tokens',
  tag: 'Playback',
  summary: 'Sign a playback token',
  description:
    'A JWT for `?token=` of the URLs that `GET /v1/playback/{playback_id}` shows. It is not kept: you may as well sign it yourself with a signing key. Its claims: `sub` the playback id, `aud` `live` or `recording` or both, `iat`, `exp` at most seven days later, and `nbf`, `ip`, `vid`, `from` and `to` where you want them. Viewing ends with it, on every protocol.',
  scope: 'playback:sign',
  body: playbackTokenCreateSchema,
  answers: { 200: playbackTokenSchema },
  run: async (unit, { body }) => ok(await createPlaybackToken(unit, body)),
})
