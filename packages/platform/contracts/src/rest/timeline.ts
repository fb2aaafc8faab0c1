import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import { gapSchema, recordingStatusSchema } from './recordings.ts'

/** `?from&to`, `to` exclusive; default the last 24 hours. */
export const timeRangeQuerySchema = z.object({ from: timestampSchema.optional(), to: timestampSchema.optional() })
export type TimeRangeQuery = z.infer<typeof timeRangeQuerySchema>

/** `GET /v1/streams/{id}/timeline`: what there is in the archive of a stream. */
export const timelineSchema = z
  .object({
    stream_id: idSchema('stream'),
    from: timestampSchema,
    to: timestampSchema,
    /** Times with media, in order. */
    ranges: z.array(z.object({ from: timestampSchema, to: timestampSchema })),
    /** Times without, between them. */
    gaps: z.array(gapSchema),
    recordings: z.array(
      z.object({
        id: idSchema('recording'),
        title: z.string().nullable(),
        status: recordingStatusSchema,
        started_at: timestampSchema,
        ended_at: timestampSchema.nullable(),
      }),
    ),
  })
  .meta({ id: 'Timeline' })
export type Timeline = z.infer<typeof timelineSchema>

/** `GET /v1/streams/{id}/usage`: what a stream used in this time. */
export const usageSchema = z
  .object({
    stream_id: idSchema('stream'),
    from: timestampSchema,
    to: timestampSchema,
    /** Broadcasts that began in it. */
    sessions: z.int(),
    published_s: z.number(),
    bytes_in: z.int(),
    bytes_out: z.int(),
    /** Media archived in it. */
    archived_s: z.number(),
    archived_bytes: z.int(),
    /** Kept at `to`, with the files made of recordings and clips. */
    stored_bytes: z.int(),
  })
  .meta({ id: 'Usage' })
export type Usage = z.infer<typeof usageSchema>
