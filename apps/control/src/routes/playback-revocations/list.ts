import { pageOf, pageQueryOf, playbackRevocationSchema } from '@millrace/contracts'

import { ok, query } from '../../http/route.ts'
import { listPlaybackRevocations } from '../../services/playback-revocations.ts'

/** `GET /v1/playback-revocations` */
export const listPlaybackRevocationsRoute = query({
  id: 'listPlaybackRevocations',
  path: '/v1/playback-revocations',
  tag: 'Playback',
  summary: 'List the revocations that hold',
  scope: 'playback:sign',
  query: pageQueryOf('revocation'),
  answers: { 200: pageOf(playbackRevocationSchema) },
  run: async (unit, { query: page }) => ok(await listPlaybackRevocations(unit, page)),
})
