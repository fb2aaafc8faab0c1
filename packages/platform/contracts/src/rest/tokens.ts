import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import { labelSchema } from './conventions.ts'

/** What a token may do. `admin` may do everything; `x:write` may `x:read`. */
export const scopeSchema = z.enum([
  'admin',
  'vhosts:read',
  'vhosts:write',
  'streams:read',
  'streams:write',
  'keys:write',
  'playback:sign',
  'webhooks:read',
  'webhooks:write',
  'events:read',
  'recordings:read',
  'recordings:write',
  'storages:read',
  'storages:write',
  'nodes:read',
  'nodes:write',
  'nodes:link',
])
export type Scope = z.infer<typeof scopeSchema>

/** `POST /v1/tokens` */
export const tokenCreateSchema = z
  .strictObject({
    name: labelSchema,
    scopes: z.array(scopeSchema).min(1),
    expires_at: timestampSchema.nullable().default(null),
  })
  .meta({ id: 'TokenCreate' })
export type TokenCreate = z.infer<typeof tokenCreateSchema>

/** An API token, without itself. */
export const tokenSchema = z
  .object({
    id: idSchema('token'),
    name: z.string(),
    scopes: z.array(scopeSchema),
    last4: z.string(),
    expires_at: timestampSchema.nullable(),
    last_used_at: timestampSchema.nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'Token' })
export type Token = z.infer<typeof tokenSchema>

/** A new token; `secret` is shown this once. */
export const tokenCreatedSchema = tokenSchema.extend({ secret: z.string() }).meta({ id: 'TokenCreated' })
export type TokenCreated = z.infer<typeof tokenCreatedSchema>
