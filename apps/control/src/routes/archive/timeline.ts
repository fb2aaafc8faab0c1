import { idSchema, timelineSchema, timeRangeQuerySchema } from '@millrace/contracts'
import { z } from 'zod'

import { ok, query } from '../../http/route.ts'
import { getTimeline } from '../../services/archive/timeline.ts'

/** `GET /v1/streams/{id}/timeline` */
export const getTimelineRoute = query({
  id: 'getTimeline',
  path: '/v1/streams/{id}/timeline',
  tag: 'Archive',
  summary: 'What there is of a stream: times with media, gaps, recordings, clips',
  scope: 'recordings:read',
  params: z.object({ id: idSchema('stream') }),
  query: timeRangeQuerySchema,
  answers: { 200: timelineSchema },
  run: async (unit, { params, query: range }) => ok(await getTimeline(unit, params.id, range)),
})
