import { idSchema, timeshiftQuerySchema } from '@millrace/contracts'
import { z } from 'zod'

import { publicQuery } from '../../http/route.ts'
import { getTimeshift } from '../../services/archive/timeshift.ts'

/** `GET /v1/streams/{id}/timeshift.m3u8` */
export const getTimeshiftRoute = publicQuery({
  id: 'getTimeshift',
  path: '/v1/streams/{id}/timeshift.m3u8',
  tag: 'Playback',
  summary: 'A playlist over any time of a stream that was archived, live where that goes on',
  description:
    'Without `start` it slides over the last `dvr_window_s`. The stream’s playback ids decide who may see it; a signed one needs `?token=` with `aud` `recording`.',
  params: z.object({ id: idSchema('stream') }),
  query: timeshiftQuerySchema,
  answers: { 200: { media: ['application/vnd.apple.mpegurl'] } },
  run: (unit, { params, query, caller }) => getTimeshift(unit, params.id, query, caller),
})
