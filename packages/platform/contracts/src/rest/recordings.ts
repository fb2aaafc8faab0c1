import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import { playbackPolicySchema } from '../playback-policy.ts'
import { labelSchema, mergePatchOf, pageQueryOf } from './conventions.ts'
import { recordFormatSchema, recordPlanSchema, retentionDaysSchema } from './record-settings.ts'
import { metadataSchema, playbackIdSchema } from './streams.ts'

/**
 * `recording`: it grows. `uploading`: it is over, and its media are on their way to the storage or being finished. `ready`.
 * `partial`: ready, with media missing that may still come. `failed`: it has no media, or the finish failed. `deleted`.
 */
export const recordingStatusSchema = z.enum(['recording', 'uploading', 'ready', 'partial', 'failed', 'deleted'])
export type RecordingStatus = z.infer<typeof recordingStatusSchema>

/** Why there are no media: nobody published, the node went away, or they could not be kept. */
export const gapReasonSchema = z.enum(['publisher_away', 'node_lost', 'storage'])
export type GapReason = z.infer<typeof gapReasonSchema>

/** A time without media within a recording or timeline. */
export const gapSchema = z.object({ from: timestampSchema, to: timestampSchema, reason: gapReasonSchema })
export type Gap = z.infer<typeof gapSchema>

/** Less than this between two segments is no gap, milliseconds. */
export const GAP_MS = 500

/** An object that was made of a recording or clip. */
export const recordingFileSchema = z.object({
  type: z.enum(['hls', 'hls_media', 'mp4', 'flv', 'poster', 'storyboard', 'storyboard_sheet']),
  /** Of the object, below the prefix of the storage. */
  key: z.string(),
  bytes: z.int(),
})
export type RecordingFile = z.infer<typeof recordingFileSchema>

/** How far the way to `ready` is. */
export const recordingProgressSchema = z.object({
  stored_segments: z.int(),
  /** On the disks of nodes, as they last said. */
  pending_segments: z.int(),
  pending_bytes: z.int(),
  /** Of the finish; null while none runs. */
  finish_percent: z.number().min(0).max(100).nullable(),
})
export type RecordingProgress = z.infer<typeof recordingProgressSchema>

export const recordingSchema = z
  .object({
    id: idSchema('recording'),
    stream_id: idSchema('stream'),
    /** Broadcasts that are in it, in order. */
    session_ids: z.array(idSchema('session')),
    title: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    mode: z.enum(['automatic', 'manual']),
    plan: recordPlanSchema,
    status: recordingStatusSchema,
    format: recordFormatSchema,
    started_at: timestampSchema,
    /** Null while it grows. */
    ended_at: timestampSchema.nullable(),
    /** Of its media, without gaps. */
    duration_s: z.number(),
    /** Segments and files. */
    size_bytes: z.int(),
    segments: z.int(),
    gaps: z.array(gapSchema),
    discontinuities: z.int(),
    storage_id: idSchema('storage'),
    /** Of its files' keys; its segments are below `streams/<stream_id>/`. */
    prefix: z.string(),
    retention_days: z.int().nullable(),
    /** When it will be deleted. */
    expires_at: timestampSchema.nullable(),
    files: z.array(recordingFileSchema),
    /** Keys of the picture and the pictures over time (WebVTT), once they are made. */
    poster: z.string().nullable(),
    storyboard: z.string().nullable(),
    playback_ids: z.array(playbackIdSchema),
    progress: recordingProgressSchema,
    /** The last job that works on it. */
    job_id: idSchema('job').nullable(),
    error_code: z.string().nullable(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'Recording' })
export type Recording = z.infer<typeof recordingSchema>

/** `GET /v1/recordings`; `from` and `to`: those that have a part in this time. Deleted ones only when asked for. */
export const recordingQuerySchema = pageQueryOf('recording').extend({
  stream_id: idSchema('stream').optional(),
  status: recordingStatusSchema.optional(),
  from: timestampSchema.optional(),
  to: timestampSchema.optional(),
})
export type RecordingQuery = z.infer<typeof recordingQuerySchema>

/** What of a recording can be changed. */
export const recordingSettingsSchema = z.strictObject({
  title: labelSchema.nullable().default(null),
  metadata: metadataSchema.default({}),
  /** Counted from its end; null for ever. */
  retention_days: retentionDaysSchema.default(null),
})
export type RecordingSettings = z.infer<typeof recordingSettingsSchema>

/** `PATCH /v1/recordings/{id}` */
export const recordingPatchSchema = mergePatchOf(recordingSettingsSchema).meta({ id: 'RecordingPatch' })

/** `POST /v1/streams/{id}/recordings`: what isn't given is as the stream's `record` says. */
export const recordingStartSchema = z
  .strictObject({
    title: labelSchema.nullable().default(null),
    metadata: metadataSchema.default({}),
    format: recordFormatSchema.optional(),
    storage_id: idSchema('storage').optional(),
    retention_days: retentionDaysSchema.optional(),
  })
  .meta({ id: 'RecordingStart' })
export type RecordingStart = z.infer<typeof recordingStartSchema>

/** `POST /v1/recordings/{id}:split`: the one that has ended, and the one that goes on. */
export const recordingSplitSchema = z
  .object({ ended: recordingSchema, started: recordingSchema })
  .meta({ id: 'RecordingSplit' })
export type RecordingSplit = z.infer<typeof recordingSplitSchema>

/** What of a recording can be played or shown. */
export const recordingMediaSchema = z.enum(['hls', 'mp4', 'flv', 'poster', 'storyboard'])
export type RecordingMedia = z.infer<typeof recordingMediaSchema>

/** `GET /v1/recordings/{id}/playback` */
export const recordingPlaybackSchema = z
  .object({
    recording_id: idSchema('recording'),
    status: recordingStatusSchema,
    started_at: timestampSchema,
    /** Null while it grows. */
    ended_at: timestampSchema.nullable(),
    duration_s: z.number(),
    urls: z.array(
      z.object({
        /** Null: for who asks, whatever the policies; whoever has the URL can use it until it expires. */
        playback_id: idSchema('playback').nullable(),
        policy: playbackPolicySchema.nullable(),
        type: recordingMediaSchema,
        /** `YOUR_PLAYBACK_TOKEN` stands for the token of a signed one. */
        url: z.string(),
        /** Null for one that lasts as long as the recording, or as a token does. */
        expires_at: timestampSchema.nullable(),
      }),
    ),
  })
  .meta({ id: 'RecordingPlayback' })
export type RecordingPlayback = z.infer<typeof recordingPlaybackSchema>
