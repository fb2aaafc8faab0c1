import { z } from 'zod'

import { idSchema, timestampSchema } from './common.ts'
import { publicJwkSchema, requiredPolicySchema, signingAlgorithmSchema } from './playback-policy.ts'

/** `GET /node/v1/desired-state?node_id=`: the node that asks. */
export const desiredStateQuerySchema = z.object({ node_id: idSchema('node') })

/**
 * What a node has to know to decide without asking, of all tenants. Its ETag is a hash of the content: 304 as long as
 * nothing has changed. Nodes keep the last one on disk.
 */
export const desiredStateSchema = z.object({
  node: z.object({ state: z.enum(['ready', 'draining']) }),
  vhosts: z.array(
    z.object({
      name: z.string(),
      enabled: z.boolean(),
      playback_policy: requiredPolicySchema,
    }),
  ),
  /** Keys that sign playback tokens now: a revoked one is missing. */
  signing_keys: z.array(
    z.object({
      kid: idSchema('signingKey'),
      project_id: idSchema('project'),
      algorithm: signingAlgorithmSchema,
      public_jwk: publicJwkSchema,
    }),
  ),
  /** A token is refused when all that is not null fits: its playback id, its viewer, and that it was issued before. */
  revocations: z.array(
    z.object({
      project_id: idSchema('project'),
      playback_id: idSchema('playback').nullable(),
      vid: z.string().nullable(),
      not_before: timestampSchema.nullable(),
      expires_at: timestampSchema,
    }),
  ),
})
export type DesiredState = z.infer<typeof desiredStateSchema>
