import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import { labelSchema, pageQueryOf } from './conventions.ts'
import { retentionDaysSchema } from './record-settings.ts'
import { recordingFileSchema } from './recordings.ts'
import { metadataSchema } from './streams.ts'

/** Longest clip, seconds. */
export const MAX_CLIP_S = 21_600

export const clipStatusSchema = z.enum(['processing', 'ready', 'failed', 'deleted'])
export type ClipStatus = z.infer<typeof clipStatusSchema>

/**
 * `POST /v1/clips`: a part of a stream's archive by the wall clock. It begins at the key frame at or before `from`, as nothing is
 * encoded again.
 */
export const clipCreateSchema = z
  .strictObject({
    /** Of one recording, or of a stream. */
    recording_id: idSchema('recording').optional(),
    stream_id: idSchema('stream').optional(),
    from: timestampSchema,
    to: timestampSchema,
    title: labelSchema.nullable().default(null),
    metadata: metadataSchema.default({}),
    retention_days: retentionDaysSchema.default(null),
  })
  .refine((clip) => (clip.recording_id === undefined) !== (clip.stream_id === undefined), {
    message: 'needs either recording_id or stream_id',
  })
  .refine(({ from, to }) => Date.parse(to) > Date.parse(from), { path: ['to'], message: 'must be after from' })
  .refine(({ from, to }) => Date.parse(to) - Date.parse(from) <= MAX_CLIP_S * 1000, {
    path: ['to'],
    message: `must be at most ${MAX_CLIP_S} s after from`,
  })
  .meta({ id: 'ClipCreate' })
export type ClipCreate = z.infer<typeof clipCreateSchema>

export const clipSchema = z
  .object({
    id: idSchema('clip'),
    stream_id: idSchema('stream'),
    recording_id: idSchema('recording').nullable(),
    title: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    status: clipStatusSchema,
    /** As asked for. */
    from: timestampSchema,
    to: timestampSchema,
    /** Of its first frame, the key frame at or before `from`: of its segment's until it is made. */
    starts_at: timestampSchema.nullable(),
    duration_s: z.number(),
    size_bytes: z.int(),
    storage_id: idSchema('storage'),
    prefix: z.string(),
    files: z.array(recordingFileSchema),
    /** To download the file: for a while only; null until it is ready. */
    url: z.string().nullable(),
    retention_days: z.int().nullable(),
    expires_at: timestampSchema.nullable(),
    job_id: idSchema('job').nullable(),
    error_code: z.string().nullable(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'Clip' })
export type Clip = z.infer<typeof clipSchema>

/** `GET /v1/clips` */
export const clipQuerySchema = pageQueryOf('clip').extend({
  stream_id: idSchema('stream').optional(),
  recording_id: idSchema('recording').optional(),
  status: clipStatusSchema.optional(),
})
export type ClipQuery = z.infer<typeof clipQuerySchema>
