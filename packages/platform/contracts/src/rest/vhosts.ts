import { z } from 'zod'

import { idSchema, timestampSchema, vhostNameSchema } from '../common.ts'
import { requiredPolicySchema } from '../playback-policy.ts'
import { mergePatchOf } from './conventions.ts'

/** What of a vhost can be changed. */
export const vhostSettingsSchema = z.strictObject({
  /** `open`: anybody may publish. `keyed`: a stream key is needed. */
  access: z.enum(['open', 'keyed']).default('keyed'),
  /** `signed`: every stream of it needs a playback token. */
  playback_policy: requiredPolicySchema.default('public'),
  /** False refuses every publisher and player. */
  enabled: z.boolean().default(true),
})
export type VhostSettings = z.infer<typeof vhostSettingsSchema>

/** `POST /v1/vhosts` */
export const vhostCreateSchema = vhostSettingsSchema
  .extend({ name: vhostNameSchema })
  .meta({ id: 'VhostCreate', description: 'A host name that publishers and players use' })
export type VhostCreate = z.infer<typeof vhostCreateSchema>

/** `PATCH /v1/vhosts/{id}` */
export const vhostPatchSchema = mergePatchOf(vhostSettingsSchema).meta({ id: 'VhostPatch' })

export const vhostSchema = z
  .object({
    id: idSchema('vhost'),
    name: z.string(),
    access: z.enum(['open', 'keyed']),
    playback_policy: requiredPolicySchema,
    enabled: z.boolean(),
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'Vhost' })
export type Vhost = z.infer<typeof vhostSchema>
