import { idSchema, playbackSchema } from '@millrace/contracts'
import { z } from 'zod'

import { publicQuery } from '../../http/route.ts'
import { getPlayback } from '../../services/playback.ts'

/** Short: players ask for the live state; long enough for a cache to take the load. */
const MAX_AGE_S = 2

/** `GET /v1/playback/{playback_id}` */
export const getPlaybackRoute = publicQuery({
  id: 'getPlayback',
  path: '/v1/playback/{playback_id}',
  tag: 'Playback',
  summary: 'How to play a stream or recording, ready to paste, and whether it is live',
  params: z.object({ playback_id: idSchema('playback') }),
  answers: { 200: playbackSchema },
  run: async (unit, { params, caller }) => ({
    status: 200,
    body: await getPlayback(unit, params.playback_id, caller),
    headers: { 'cache-control': `public, max-age=${MAX_AGE_S}` },
  }),
})
