import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import { pushStatusSchema } from '../node-link.ts'
import { labelSchema, mergePatchOf } from './conventions.ts'

/** What of a push target can be changed. */
export const pushTargetSettingsSchema = z.strictObject({
  name: labelSchema.nullable().default(null),
  /**
   * `rtmp://host/app`, to which the credential is added, or the stream's name when there is no credential; or `https://…` of a
   * WHIP endpoint, which is told the credential as a bearer token.
   */
  url: z
    .url({ protocol: /^(rtmps?|https?)$/ })
    .max(1024)
    .refine((url) => URL.canParse(url) && new URL(url).username === '' && new URL(url).password === '', {
      message: 'must have no user name or password',
    }),
  /** False ends pushing to it. */
  enabled: z.boolean().default(true),
})
export type PushTargetSettings = z.infer<typeof pushTargetSettingsSchema>

/** `POST /v1/push-targets` */
export const pushTargetCreateSchema = pushTargetSettingsSchema
  .extend({
    /** The stream key at the receiver, or the token of WHIP; never shown again. */
    credential: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks')
      .nullable()
      .default(null),
  })
  .meta({ id: 'PushTargetCreate' })
export type PushTargetCreate = z.infer<typeof pushTargetCreateSchema>

/** `PATCH /v1/push-targets/{id}`; the credential stays unless given, and null takes it away. */
export const pushTargetPatchSchema = mergePatchOf(pushTargetCreateSchema).meta({ id: 'PushTargetPatch' })

/** How pushing one stream to one target goes. */
export const pushTargetStateSchema = z.object({
  status: pushStatusSchema,
  status_at: timestampSchema.nullable(),
  node_id: idSchema('node').nullable(),
  /** Attempts since it was last live. */
  retries: z.int(),
  last_error_code: z.string().nullable(),
  last_error: z.string().nullable(),
})

export const pushTargetSchema = z
  .object({
    id: idSchema('pushTarget'),
    name: z.string().nullable(),
    url: z.string(),
    has_credential: z.boolean(),
    enabled: z.boolean(),
    /** Of its streams, the one that goes best: `live` before `retrying`, `starting`, `failed` and `idle`. */
    ...pushTargetStateSchema.shape,
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'PushTarget' })
export type PushTarget = z.infer<typeof pushTargetSchema>

/** A target of a stream. */
export const streamPushTargetSchema = z
  .object({
    stream_id: idSchema('stream'),
    push_target_id: idSchema('pushTarget'),
    url: z.string(),
    enabled: z.boolean(),
    ...pushTargetStateSchema.shape,
    attached_at: timestampSchema,
  })
  .meta({ id: 'StreamPushTarget' })
export type StreamPushTarget = z.infer<typeof streamPushTargetSchema>
