import { z } from 'zod'

import { idSchema } from './common.ts'

/**
 * What a viewer needs: `public` nothing, `admission` the word of the vhost's play hook, `signed` a playback token. Each asks
 * for more than the one before.
 */
export const playbackPolicySchema = z.enum(['public', 'admission', 'signed'])
export type PlaybackPolicy = z.infer<typeof playbackPolicySchema>

/** What a vhost or a stream asks of all its viewers, whatever its playback ids say. */
export const requiredPolicySchema = z.enum(['public', 'signed'])
export type RequiredPolicy = z.infer<typeof requiredPolicySchema>

/** The policy of several that asks for most. */
export function strictestPolicy(policies: readonly PlaybackPolicy[]): PlaybackPolicy {
  return playbackPolicySchema.options.findLast((policy) => policies.includes(policy)) ?? 'public'
}

/** A web origin, `https://example.com:8443`, or of all hosts under a name, `https://*.example.com`. @see RFC 6454 §6.2 */
export const originSchema = z
  .string()
  .max(300)
  .regex(
    /^https?:\/\/(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(:\d{1,5})?$/,
    'must be an origin in lower case such as https://example.com or https://*.example.com',
  )
  .refine((origin) => !/^(https:.*:443|http:.*:80)$/.test(origin), { message: 'must leave the default port out' })

/** Origins of which pages may play; empty for all, and for players that are no page. */
export const allowedOriginsSchema = z.array(originSchema).max(50)

/** Most playback ids that one stream may have. */
export const MAX_PLAYBACK_IDS = 50

/** How a viewer may come in, as a grant to play says it. The node decides by it for every viewer on its own. */
export const playbackTermsSchema = z.object({
  /** Whose signing keys count. */
  project_id: idSchema('project'),
  /** Of vhost and stream. Decides alone for a stream that nobody has made yet, which has no ids. */
  policy: requiredPolicySchema,
  /** Whether the vhost's play hook was asked about this viewer and let it in. */
  hook_allowed: z.boolean(),
  ids: z
    .array(
      z.object({
        id: idSchema('playback'),
        policy: playbackPolicySchema,
        allowed_origins: z.array(z.string().max(300)),
      }),
    )
    .max(MAX_PLAYBACK_IDS),
})
export type PlaybackTerms = z.infer<typeof playbackTermsSchema>

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url')

/** How a playback token is signed: ECDSA with P-256 and SHA-256, or Ed25519. @see RFC 7518 §3.4, RFC 8037 §3.1 */
export const signingAlgorithmSchema = z.enum(['ES256', 'EdDSA'])
export type SigningAlgorithm = z.infer<typeof signingAlgorithmSchema>

/** The public half of a signing key: the members that say what it is, and no private one. @see RFC 7517, RFC 8037 §2 */
export const publicJwkSchema = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate }),
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: coordinate }),
])
export type PublicJwk = z.infer<typeof publicJwkSchema>

/** What a playback token is for, its `aud`: the live stream by any protocol, by WebRTC (WHEP) alone, or what was recorded of it. */
export const playbackAudienceSchema = z.enum(['live', 'whep', 'recording'])
export type PlaybackAudience = z.infer<typeof playbackAudienceSchema>

export { MAX_PLAYBACK_TOKEN_LENGTH, MAX_PLAYBACK_TOKEN_LIFETIME_S } from './plain.ts'

/** The user's own name for a viewer, `vid` of a token. */
export const viewerNameSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^\P{Cc}+$/u, 'must have no control characters')
