import { z } from 'zod'

import { idSchema, timestampSchema, trackSchema } from './common.ts'
import { numbered } from './report-base.ts'

/** What segments are: fragmented MP4 with an init segment, or MPEG-TS. */
export const archiveFormatSchema = z.enum(['fmp4', 'ts'])
export type ArchiveFormat = z.infer<typeof archiveFormatSchema>

/** Length of segments that may be asked for, seconds. They are cut at the next key frame after it. */
export const SEGMENT_S = { min: 1, max: 60, default: 4 } as const

/** How a node archives a broadcast: it cuts it into segments, keeps them on its disk until they are in the storage, and reports them. */
export const archiveOrderSchema = z.object({
  storage_id: idSchema('storage'),
  format: archiveFormatSchema,
  segment_ms: z
    .int()
    .min(SEGMENT_S.min * 1000)
    .max(SEGMENT_S.max * 1000),
  /** Whether a live playlist over the last `window_s` is kept in the storage too. */
  live_playlist: z.object({ window_s: z.int().min(1) }).nullable(),
})
export type ArchiveOrder = z.infer<typeof archiveOrderSchema>

/** Counts the publishers of a stream, as in a grant; null for one that was admitted while control was away. */
const epochSchema = z.int().min(1).nullable()

/** Most track changes of one take. */
export const MAX_TAKE_INITS = 10_000

/** Number of an init segment, from 0: a new one each time when the tracks change. A TS take counts the same way, without objects. */
export const takeInitSchema = z
  .int()
  .min(0)
  .max(MAX_TAKE_INITS - 1)

/** Number of a segment within its take, from 0. */
export const segmentNumberSchema = z.int().min(0).max(2_147_483_647)

const takeReport = { ...numbered, take_id: idSchema('take') }

const segmentReport = {
  ...takeReport,
  segment: segmentNumberSchema,
  /** Wall clock of its first frame. */
  starts_at: timestampSchema,
  duration_ms: z.number().min(0).max(3_600_000),
}

/**
 * What a node tells about a take (`tak_…`): one run of the archive for one broadcast on one node. Ids are the node's to make,
 * so that nobody else writes the same objects. A later boot of the node goes on with what it finds on its disk.
 */
export const archiveReportSchemas = [
  z.object({
    ...takeReport,
    type: z.literal('take.opened'),
    session_id: idSchema('session'),
    stream_id: idSchema('stream'),
    storage_id: idSchema('storage'),
    format: archiveFormatSchema,
    epoch: epochSchema,
  }),
  z.object({
    ...takeReport,
    /** The tracks of segments with this `init`, before the first of them. */
    type: z.literal('take.tracks'),
    init: takeInitSchema,
    tracks: z.array(trackSchema).max(32),
    /** Peak bit rate that the publisher claims, bits per second. */
    bandwidth: z.int().min(0).optional(),
  }),
  z.object({
    ...segmentReport,
    /** It is in the storage. */
    type: z.literal('segment.stored'),
    init: takeInitSchema,
    bytes: z.int().min(0),
    video_frames: z.int().min(0),
    audio_frames: z.int().min(0),
    /** Its timestamps don't continue those of the segment before. */
    discontinuity: z.boolean(),
  }),
  z.object({
    ...segmentReport,
    /** It will never be in the storage: a gap. */
    type: z.literal('segment.lost'),
    code: z.string().min(1).max(64),
  }),
  z.object({
    ...takeReport,
    /** All its segments are stored or lost, and no more come. */
    type: z.literal('take.closed'),
    /** How many. */
    segments: z.int().min(0),
  }),
] as const
export type ArchiveReport = z.infer<(typeof archiveReportSchemas)[number]>

/** Most takes in a heartbeat. */
export const MAX_UPLOADS = 1000

/** What of a take waits on its node to be uploaded. */
export const uploadBacklogSchema = z.object({
  take_id: idSchema('take'),
  segments: z.int().min(0),
  bytes: z.int().min(0),
})
export type UploadBacklog = z.infer<typeof uploadBacklogSchema>

/** Most takes, and most objects of all of them together, in one request for storage grants. */
export const MAX_STORAGE_GRANTS = { takes: 50, objects: 200 } as const

const objectRequestSchema = z.object({
  /** `0.m4s`, `init-0.mp4`, `live/index.m3u8`: see `takeObjectKey`. */
  name: z.string().min(1).max(64),
  method: z.enum(['PUT', 'GET']),
})

/** `POST /node/v1/storage-grants`: may these takes write these objects, and how? */
export const storageGrantRequestSchema = z.object({
  node_id: idSchema('node'),
  requests: z
    .array(
      z.object({
        take_id: idSchema('take'),
        stream_id: idSchema('stream'),
        session_id: idSchema('session'),
        epoch: epochSchema,
        storage_id: idSchema('storage'),
        format: archiveFormatSchema,
        objects: z.array(objectRequestSchema).min(1).max(MAX_STORAGE_GRANTS.objects),
      }),
    )
    .min(1)
    .max(MAX_STORAGE_GRANTS.takes)
    .refine(
      (requests) => requests.reduce((sum, { objects }) => sum + objects.length, 0) <= MAX_STORAGE_GRANTS.objects,
      {
        message: `at most ${MAX_STORAGE_GRANTS.objects} objects together`,
      },
    ),
})
export type StorageGrantRequest = z.infer<typeof storageGrantRequestSchema>

/** How one object is written or read. `http`: this request, with these headers and no others of its own; never to be logged. */
export const objectGrantSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('http'),
    name: z.string(),
    method: z.enum(['PUT', 'GET']),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    expires_at: timestampSchema,
  }),
  z.object({ type: z.literal('file'), name: z.string(), method: z.enum(['PUT', 'GET']), path: z.string() }),
])
export type ObjectGrant = z.infer<typeof objectGrantSchema>

/** Why a take gets no grants. */
export const storageGrantErrorSchema = z.enum([
  /** The stream has a publisher with a higher epoch: only what nobody else writes may be written. */
  'EPOCH_STALE',
  /** Another node has used this take. */
  'TAKE_FOREIGN',
  'STREAM_NOT_FOUND',
  'STORAGE_NOT_FOUND',
  /** No name that a take has, or not with this method. */
  'OBJECT_NAME_INVALID',
  /** The storage can't be used as it is set up. */
  'STORAGE_UNUSABLE',
])
export type StorageGrantError = z.infer<typeof storageGrantErrorSchema>

export const storageGrantAnswerSchema = z.object({
  /** In the order of the requests. */
  grants: z.array(
    z.union([
      z.object({ take_id: idSchema('take'), objects: z.array(objectGrantSchema) }),
      z.object({ take_id: idSchema('take'), error_code: storageGrantErrorSchema }),
    ]),
  ),
})
export type StorageGrantAnswer = z.infer<typeof storageGrantAnswerSchema>
