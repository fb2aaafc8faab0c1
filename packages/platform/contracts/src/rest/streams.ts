import { z } from 'zod'

import {
  cidrSchema,
  DEFAULT_VHOST,
  idSchema,
  pathNameSchema,
  protocolSchema,
  streamNameSchema,
  timestampSchema,
  vhostNameSchema,
} from '../common.ts'
import { allowedOriginsSchema, playbackPolicySchema, requiredPolicySchema } from '../playback-policy.ts'
import { labelSchema, mergePatchOf, pageQueryOf } from './conventions.ts'
import { dvrWindowSchema, liveWindowSchema, recordSettingsSchema } from './record-settings.ts'

/** A stream's own name. Never starts with `sk_`: that place is for keys. */
export const publicStreamNameSchema = streamNameSchema.refine((name) => !name.startsWith('sk_'), {
  message: 'must not start with "sk_"',
})

const MAX_METADATA = 50

/** The user's own names and values. */
export const metadataSchema = z
  .record(z.string().min(1).max(40), z.string().max(500))
  .refine((record) => Object.keys(record).length <= MAX_METADATA, { message: `at most ${MAX_METADATA} entries` })

/** Where a stream comes from: publishers send it, or a node fetches it while the stream is enabled. */
export const streamSourceSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('push') }),
  z.strictObject({
    type: z.literal('pull'),
    /** `rtmp://…`, or HTTP-FLV: `http://…/x.flv`. */
    url: z.url({ protocol: /^(rtmps?|https?)$/ }).max(2048),
  }),
])
export type StreamSource = z.infer<typeof streamSourceSchema>

/** What of a stream can be changed. */
export const streamSettingsSchema = z.strictObject({
  title: labelSchema.nullable().default(null),
  /** The user's own names and values, shown with the stream. */
  metadata: metadataSchema.default({}),
  tags: z.array(z.string().min(1).max(64)).max(20).default([]),
  /** The user's own id for it. */
  external_id: z.string().min(1).max(200).nullable().default(null),
  /** `signed`: a playback token is needed, also where a playback id is public. The vhost may ask for it too. */
  playback_policy: requiredPolicySchema.default('public'),
  /** False refuses every publisher and player. */
  enabled: z.boolean().default(true),
  /** How much delay is right for it. */
  latency: z.enum(['ultra', 'low', 'standard']).default('standard'),
  /** How long players wait for a publisher that went away to come back, seconds; null for the node's own setting. */
  reconnect_window_s: z.int().min(0).max(3600).nullable().default(null),
  /** A publisher that stays above is ended; null for no limit. */
  max_bitrate_kbps: z.int().min(1).max(1_000_000).nullable().default(null),
  /** A broadcast ends after it; null for no limit. */
  max_duration_s: z.int().min(1).max(31_536_000).nullable().default(null),
  source: streamSourceSchema.default({ type: 'push' }),
  /** How broadcasts are recorded; null as its vhost says. A change counts from the next recording on. */
  record: recordSettingsSchema.nullable().default(null),
  /** How far back it can be rewound though nothing is recorded, seconds; null as its vhost says. */
  dvr_window_s: dvrWindowSchema.nullable().default(null),
  /** Whether a live HLS playlist is kept in the storage, for CDNs; null as its vhost says. */
  live_playlist: z.boolean().nullable().default(null),
  /** How much that playlist holds, seconds; null as its vhost says. */
  live_window_s: liveWindowSchema.nullable().default(null),
})
export type StreamSettings = z.infer<typeof streamSettingsSchema>

/** `POST /v1/streams`. Without `name` the stream's id is its name. */
export const streamCreateSchema = streamSettingsSchema
  .extend({
    /** Name or id of the vhost. */
    vhost: z.union([idSchema('vhost'), vhostNameSchema]).default(DEFAULT_VHOST),
    app: pathNameSchema.default('live'),
    name: publicStreamNameSchema.optional(),
  })
  .meta({ id: 'StreamCreate' })
export type StreamCreate = z.infer<typeof streamCreateSchema>

/** `PATCH /v1/streams/{id}` */
export const streamPatchSchema = mergePatchOf(streamSettingsSchema).meta({ id: 'StreamPatch' })

/** Whether it is on. `disabled` is told over everything else. */
export const streamStatusSchema = z.enum(['idle', 'connecting', 'live', 'reconnecting', 'disabled'])
export type StreamStatus = z.infer<typeof streamStatusSchema>

/** `GET /v1/streams` */
export const streamQuerySchema = pageQueryOf('stream').extend({
  vhost_id: idSchema('vhost').optional(),
  app: pathNameSchema.optional(),
  name: streamNameSchema.optional(),
  external_id: z.string().min(1).max(200).optional(),
  status: streamStatusSchema.optional(),
})
export type StreamQuery = z.infer<typeof streamQuerySchema>

/** `POST /v1/streams/{id}/playback-ids` */
export const playbackIdCreateSchema = z
  .strictObject({
    /** Default the `playback_policy` of the stream. */
    policy: playbackPolicySchema.optional(),
    allowed_origins: allowedOriginsSchema.default([]),
  })
  .meta({ id: 'PlaybackIdCreate' })
export type PlaybackIdCreate = z.infer<typeof playbackIdCreateSchema>

/** A name of a stream for viewers. A viewer comes in by any of them whose policy and origins it meets. */
export const playbackIdSchema = z
  .object({
    id: idSchema('playback'),
    policy: playbackPolicySchema,
    allowed_origins: z.array(z.string()),
    created_at: timestampSchema,
  })
  .meta({ id: 'PlaybackId' })
export type PlaybackId = z.infer<typeof playbackIdSchema>

export const streamSchema = z
  .object({
    id: idSchema('stream'),
    vhost_id: idSchema('vhost'),
    /** The vhost's name. */
    vhost: z.string(),
    app: z.string(),
    name: z.string(),
    title: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    tags: z.array(z.string()),
    external_id: z.string().nullable(),
    playback_policy: requiredPolicySchema,
    enabled: z.boolean(),
    latency: z.enum(['ultra', 'low', 'standard']),
    reconnect_window_s: z.int().nullable(),
    max_bitrate_kbps: z.int().nullable(),
    max_duration_s: z.int().nullable(),
    source: streamSourceSchema,
    record: recordSettingsSchema.nullable(),
    dvr_window_s: z.int().nullable(),
    live_playlist: z.boolean().nullable(),
    live_window_s: z.int().nullable(),
    status: streamStatusSchema,
    /** The broadcast that is on now. */
    current_session_id: idSchema('session').nullable(),
    playback_ids: z.array(playbackIdSchema),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'Stream' })
export type Stream = z.infer<typeof streamSchema>

/** Where to publish, ready to paste. `YOUR_STREAM_KEY` stands for the key, which only its creation shows. */
export const ingestSchema = z
  .object({
    urls: z.array(
      z.object({
        node_id: idSchema('node'),
        region: z.string().nullable(),
        protocol: z.enum(['rtmp', 'rtmps', 'whip']),
        /** For `ffmpeg -f flv URL`, with `whip` for `ffmpeg -f whip URL`. */
        url: z.string(),
        /** For OBS: Settings, Stream, Custom; with `whip` WHIP, and the key as bearer token. */
        obs: z.object({ server: z.string(), stream_key: z.string() }),
      }),
    ),
  })
  .meta({ id: 'Ingest' })
export type Ingest = z.infer<typeof ingestSchema>

/** What of a key can be changed. */
export const streamKeySettingsSchema = z.strictObject({
  name: labelSchema.nullable().default(null),
  /** False refuses it for the time being. */
  enabled: z.boolean().default(true),
  expires_at: timestampSchema.nullable().default(null),
  /** Networks it may be used from; null for all. */
  allow_ips: z.array(cidrSchema).min(1).max(100).nullable().default(null),
  /** Protocols it may be used with; null for all. */
  protocols: z.array(protocolSchema).min(1).max(20).nullable().default(null),
})
export type StreamKeySettings = z.infer<typeof streamKeySettingsSchema>

/** `POST /v1/streams/{id}/keys` */
export const streamKeyCreateSchema = streamKeySettingsSchema.meta({ id: 'StreamKeyCreate' })

/** `PATCH /v1/streams/{id}/keys/{key}` */
export const streamKeyPatchSchema = mergePatchOf(streamKeySettingsSchema).meta({ id: 'StreamKeyPatch' })

/** `POST /v1/streams/{id}/keys:rotate`. The new key takes name and limits of the newest one that is valid. */
export const streamKeyRotateSchema = z
  .strictObject({
    /** How long the old keys go on, seconds. */
    overlap_s: z.int().min(0).max(2_592_000).default(86_400),
  })
  .meta({ id: 'StreamKeyRotate' })
export type StreamKeyRotate = z.infer<typeof streamKeyRotateSchema>

/** A stream key, without itself. */
export const streamKeySchema = z
  .object({
    id: idSchema('key'),
    stream_id: idSchema('stream'),
    name: z.string().nullable(),
    last4: z.string(),
    enabled: z.boolean(),
    allow_ips: z.array(z.string()).nullable(),
    protocols: z.array(protocolSchema).nullable(),
    expires_at: timestampSchema.nullable(),
    last_used_at: timestampSchema.nullable(),
    revoked_at: timestampSchema.nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'StreamKey' })
export type StreamKey = z.infer<typeof streamKeySchema>

/** A new key; `secret`, and the URLs with it in place, are shown this once. */
export const streamKeyCreatedSchema = streamKeySchema
  .extend({ secret: z.string(), ingest: ingestSchema })
  .meta({ id: 'StreamKeyCreated' })
export type StreamKeyCreated = z.infer<typeof streamKeyCreatedSchema>
