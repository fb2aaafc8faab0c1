import { z } from 'zod'

import { endReasonSchema, idSchema, protocolSchema, timestampSchema, trackSchema } from '../common.ts'
import { clientSchema } from '../node-link.ts'
import { MAX_PLAYBACK_TOKEN_LENGTH, playbackPolicySchema } from '../playback-policy.ts'
import { recordingStatusSchema } from './recordings.ts'
import { streamStatusSchema } from './streams.ts'

/** `GET /v1/playback/{playback_id}`: public. */
export const playbackSchema = z
  .object({
    playback_id: idSchema('playback'),
    title: z.string().nullable(),
    status: streamStatusSchema,
    live: z.boolean(),
    /** What a viewer needs, by this id, its stream and its vhost. */
    policy: playbackPolicySchema,
    /** Of the broadcast that is on now. */
    tracks: z.array(trackSchema),
    live_since: timestampSchema.nullable(),
    /** What it plays instead of the live stream, for a playback id of a recording. */
    recording: z
      .object({
        id: idSchema('recording'),
        status: recordingStatusSchema,
        started_at: timestampSchema,
        ended_at: timestampSchema.nullable(),
        duration_s: z.number(),
      })
      .nullable(),
    /** One entry per node and protocol that can serve it now. `YOUR_PLAYBACK_TOKEN` stands for the token of a signed one. */
    urls: z.array(
      z.object({
        protocol: z.enum(['rtmp', 'rtmps', 'http-flv', 'ws-flv', 'hls', 'whep', 'mp4', 'flv', 'poster', 'storyboard']),
        url: z.string(),
        region: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Playback' })
export type Playback = z.infer<typeof playbackSchema>

/** `?token=` or `?pass=` of what is played, and which recording a playback id of a stream is to play: default its newest. */
export const playbackFileQuerySchema = z.object({
  token: z.string().min(1).max(MAX_PLAYBACK_TOKEN_LENGTH).optional(),
  pass: z.string().min(1).max(100).optional(),
  recording: idSchema('recording').optional(),
  /** `1`: a browser is to save the file, not to show it. */
  download: z.literal('1').optional(),
})
export type PlaybackFileQuery = z.infer<typeof playbackFileQuerySchema>

/** A broadcast. */
export const sessionSchema = z
  .object({
    id: idSchema('session'),
    stream_id: idSchema('stream'),
    node_id: idSchema('node'),
    key_id: idSchema('key').nullable(),
    protocol: protocolSchema,
    client: clientSchema,
    encoder: z.string().nullable(),
    status: z.enum(['connected', 'live', 'ended']),
    tracks: z.array(trackSchema),
    started_at: timestampSchema,
    live_at: timestampSchema.nullable(),
    ended_at: timestampSchema.nullable(),
    end_reason: endReasonSchema.nullable(),
    error_code: z.string().nullable(),
    duration_s: z.number(),
    bytes_in: z.int(),
    bytes_out: z.int(),
    players: z.int(),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof sessionSchema>
