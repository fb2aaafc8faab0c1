import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import { labelSchema, mergePatchOf } from './conventions.ts'

/** What a tenant may use; null for no limit. */
export const projectLimitsSchema = z.strictObject({
  max_streams: z.int().min(0).nullable().default(null),
  /** Requests by each of its tokens, instead of the server's own limit. */
  requests_per_minute: z.int().min(1).max(1_000_000).nullable().default(null),
})
export type ProjectLimits = z.infer<typeof projectLimitsSchema>

/** What of a project can be changed. */
export const projectSettingsSchema = z.strictObject({
  name: labelSchema,
  /** A storage of that project. */
  default_storage_id: idSchema('storage').nullable().default(null),
  limits: projectLimitsSchema.default({ max_streams: null, requests_per_minute: null }),
})
export type ProjectSettings = z.infer<typeof projectSettingsSchema>

/** `POST /v1/projects`; a token of its own comes with it, as tokens are bound to their project. */
export const projectCreateSchema = projectSettingsSchema
  .omit({ default_storage_id: true })
  .meta({ id: 'ProjectCreate', description: 'A tenant' })
export type ProjectCreate = z.infer<typeof projectCreateSchema>

/** `PATCH /v1/projects/{id}` */
export const projectPatchSchema = mergePatchOf(projectSettingsSchema).meta({ id: 'ProjectPatch' })

export const projectSchema = z
  .object({
    id: idSchema('project'),
    name: z.string(),
    default_storage_id: idSchema('storage').nullable(),
    limits: projectLimitsSchema,
    created_at: timestampSchema,
    updated_at: timestampSchema,
  })
  .meta({ id: 'Project' })
export type Project = z.infer<typeof projectSchema>

/** A new project; `token`, with the scope `admin` in it, is shown this once. */
export const projectCreatedSchema = projectSchema.extend({ token: z.string() }).meta({ id: 'ProjectCreated' })
export type ProjectCreated = z.infer<typeof projectCreatedSchema>
