import { z } from 'zod'

import { idSchema, timestampSchema, vhostNameSchema } from '../common.ts'
import { requiredPolicySchema } from '../playback-policy.ts'
import { mergePatchOf } from './conventions.ts'
import { dvrWindowSchema, liveWindowSchema, recordSettingsSchema } from './record-settings.ts'
import { admissionHookSchema, corsOriginsSchema, ipRuleSchema, referRulesSchema } from './vhost-rules.ts'

/** Who may publish. */
export const vhostAccessSchema = z.enum(['open', 'keyed', 'hook'])

/** What of a vhost can be changed. */
export const vhostSettingsSchema = z.strictObject({
  /** `open`: anybody may publish. `keyed`: a stream key is needed. `hook`: the admission hook decides. */
  access: vhostAccessSchema.default('keyed'),
  /** More host names of it. */
  aliases: z
    .array(vhostNameSchema)
    .max(50)
    .refine((names) => new Set(names).size === names.length, { message: 'must not name one twice' })
    .default([]),
  /** `signed`: every stream of it needs a playback token. */
  playback_policy: requiredPolicySchema.default('public'),
  /** False refuses every publisher and player. */
  enabled: z.boolean().default(true),
  ip_rules: z.array(ipRuleSchema).max(200).default([]),
  refer_rules: referRulesSchema.default({ publish: [], play: [], all: [] }),
  cors_origins: corsOriginsSchema.default(null),
  /** How the admission hook is asked: as a signed message, or as SRS asks `on_publish`, `on_play` and `on_connect`. */
  callback_format: z.enum(['native', 'srs']).default('native'),
  admission_hook: admissionHookSchema.nullable().default(null),
  /** Whether viewers' coming and going make events. */
  viewer_events: z.boolean().default(false),
  /** How broadcasts of its streams are recorded, unless they say it themselves; null for not at all. */
  record: recordSettingsSchema.nullable().default(null),
  /** How far back they can be rewound though nothing is recorded, seconds; 0 for not at all. */
  dvr_window_s: dvrWindowSchema.default(0),
  /** Whether a live HLS playlist of each is kept in the storage, for CDNs. */
  live_playlist: z.boolean().default(false),
  /** How much those playlists hold, seconds. */
  live_window_s: liveWindowSchema.default(60),
})
export type VhostSettings = z.infer<typeof vhostSettingsSchema>

/** `POST /v1/vhosts` */
export const vhostCreateSchema = vhostSettingsSchema
  .extend({ name: vhostNameSchema })
  .meta({ id: 'VhostCreate', description: 'A host name that publishers and players use' })
export type VhostCreate = z.infer<typeof vhostCreateSchema>

/** `PATCH /v1/vhosts/{id}`. A native hook needs a secret first: `POST /v1/vhosts/{id}:rotate-hook-secret`. */
export const vhostPatchSchema = mergePatchOf(vhostSettingsSchema).meta({ id: 'VhostPatch' })

export const vhostSchema = z
  .object({
    id: idSchema('vhost'),
    name: z.string(),
    aliases: z.array(z.string()),
    access: vhostAccessSchema,
    playback_policy: requiredPolicySchema,
    enabled: z.boolean(),
    ip_rules: z.array(ipRuleSchema),
    refer_rules: referRulesSchema,
    cors_origins: corsOriginsSchema,
    callback_format: z.enum(['native', 'srs']),
    admission_hook: admissionHookSchema.nullable(),
    viewer_events: z.boolean(),
    record: recordSettingsSchema.nullable(),
    dvr_window_s: z.int(),
    live_playlist: z.boolean(),
    live_window_s: z.int(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'Vhost' })
export type Vhost = z.infer<typeof vhostSchema>

/** A new vhost; `hook_secret`, which signs native calls of its admission hook, is shown this once. */
export const vhostCreatedSchema = vhostSchema.extend({ hook_secret: z.string() }).meta({ id: 'VhostCreated' })
export type VhostCreated = z.infer<typeof vhostCreatedSchema>

/** `POST /v1/vhosts/{id}:rotate-hook-secret`: the new secret, shown this once; for `overlap_s` the old one signs too. */
export const hookSecretSchema = z.object({ hook_secret: z.string() }).meta({ id: 'HookSecret' })
export type HookSecret = z.infer<typeof hookSecretSchema>
