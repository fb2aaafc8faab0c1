import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import { MAX_PLAYBACK_TOKEN_LENGTH } from '../playback-policy.ts'
import { clipStatusSchema } from './clips.ts'
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
    /** Moments at which timestamps or tracks don't go on, first segments of broadcasts among them; at most 10,000. */
    discontinuities: z.array(timestampSchema),
    recordings: z.array(
      z.object({
        id: idSchema('recording'),
        title: z.string().nullable(),
        status: recordingStatusSchema,
        started_at: timestampSchema,
        ended_at: timestampSchema.nullable(),
      }),
    ),
    /** Clips of this time; at most 1,000. */
    clips: z.array(
      z.object({
        id: idSchema('clip'),
        title: z.string().nullable(),
        status: clipStatusSchema,
        from: timestampSchema,
        to: timestampSchema,
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

/**
 * `GET /v1/streams/{id}/timeshift.m3u8`. Without `start` the playlist slides over the last `dvr_window_s`; without `end`, or with
 * one to come, it grows while the stream is on.
 */
export const timeshiftQuerySchema = z.object({
  start: timestampSchema.optional(),
  end: timestampSchema.optional(),
  /** A playback token of one of the stream's playback ids. */
  token: z.string().min(1).max(MAX_PLAYBACK_TOKEN_LENGTH).optional(),
})
export type TimeshiftQuery = z.infer<typeof timeshiftQuerySchema>
