import { z } from 'zod'

import { idSchema, timestampSchema } from '../common.ts'
import {
  MAX_PLAYBACK_TOKEN_LIFETIME_S,
  playbackAudienceSchema,
  publicJwkSchema,
  signingAlgorithmSchema,
  viewerNameSchema,
} from '../playback-policy.ts'
import { labelSchema } from './conventions.ts'

/** `POST /v1/signing-keys`: a new pair, or the public half of the user's own. */
export const signingKeyCreateSchema = z
  .strictObject({
    name: labelSchema.nullable().default(null),
    /** Of a new pair; that of an imported key is told by the key. */
    algorithm: signingAlgorithmSchema.default('EdDSA'),
    /** The user's own public key; the private one stays with the user. Members that say nothing of the key are dropped. */
    public_jwk: publicJwkSchema.nullable().default(null),
  })
  .meta({ id: 'SigningKeyCreate' })
export type SigningKeyCreate = z.infer<typeof signingKeyCreateSchema>

/** A key that signs playback tokens. Its id is the `kid` that their header must have. */
export const signingKeySchema = z
  .object({
    id: idSchema('signingKey'),
    name: z.string().nullable(),
    algorithm: signingAlgorithmSchema,
    public_jwk: publicJwkSchema,
    /** True: the private half is the user's alone, and `POST /v1/playback-tokens` can't sign with it. */
    imported: z.boolean(),
    revoked_at: timestampSchema.nullable(),
    created_at: timestampSchema,
  })
  .meta({ id: 'SigningKey' })
export type SigningKey = z.infer<typeof signingKeySchema>

/** A new key; its private half is shown this once, null of an imported one. */
export const signingKeyCreatedSchema = signingKeySchema
  .extend({ private_jwk: z.record(z.string(), z.string()).nullable() })
  .meta({ id: 'SigningKeyCreated' })
export type SigningKeyCreated = z.infer<typeof signingKeyCreatedSchema>

/** `GET /.well-known/jwks.json` @see RFC 7517 §5 */
export const jwksSchema = z
  .object({
    keys: z.array(
      z.looseObject({
        kid: idSchema('signingKey'),
        kty: z.string(),
        alg: signingAlgorithmSchema,
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({ id: 'Jwks' })
export type Jwks = z.infer<typeof jwksSchema>

/** `POST /v1/playback-tokens` */
export const playbackTokenCreateSchema = z
  .strictObject({
    /** `sub` */
    playback_id: idSchema('playback'),
    aud: playbackAudienceSchema.default('live'),
    /** From now to `exp`, or from `not_before`. */
    expires_in_s: z.int().min(1).max(MAX_PLAYBACK_TOKEN_LIFETIME_S).default(3600),
    /** `nbf`: not valid earlier. */
    not_before: timestampSchema.nullable().default(null),
    /** The only address that may play with it. */
    ip: z.union([z.ipv4(), z.ipv6()]).nullable().default(null),
    /** The user's own name for the viewer, by which it can be shut out. */
    vid: viewerNameSchema.nullable().default(null),
    /** Of recordings: the first and the last moment that may be seen, by wall clock. */
    from: timestampSchema.nullable().default(null),
    to: timestampSchema.nullable().default(null),
    /** Default the newest key whose private half is here. */
    signing_key_id: idSchema('signingKey').nullable().default(null),
  })
  .meta({ id: 'PlaybackTokenCreate' })
export type PlaybackTokenCreate = z.infer<typeof playbackTokenCreateSchema>

/** A playback token, for `?token=` of the stream's URLs. */
export const playbackTokenSchema = z
  .object({
    token: z.string(),
    playback_id: idSchema('playback'),
    signing_key_id: idSchema('signingKey'),
    expires_at: timestampSchema,
  })
  .meta({ id: 'PlaybackToken' })
export type PlaybackToken = z.infer<typeof playbackTokenSchema>

/** `POST /v1/playback-revocations`: by `vid`, by `playback_id`, or both. */
export const playbackRevocationCreateSchema = z
  .strictObject({
    vid: viewerNameSchema.nullable().default(null),
    playback_id: idSchema('playback').nullable().default(null),
    /** Tokens issued before are refused. Default for a `playback_id` alone: now. With a `vid`: all its tokens, later ones too. */
    not_before: timestampSchema.nullable().default(null),
  })
  .refine(({ vid, playback_id: id }) => vid !== null || id !== null, { message: 'vid or playback_id is needed' })
  .meta({ id: 'PlaybackRevocationCreate' })
export type PlaybackRevocationCreate = z.infer<typeof playbackRevocationCreateSchema>

/** Playback tokens that are refused, and whose viewers are ended. */
export const playbackRevocationSchema = z
  .object({
    id: idSchema('revocation'),
    vid: z.string().nullable(),
    playback_id: idSchema('playback').nullable(),
    not_before: timestampSchema.nullable(),
    created_at: timestampSchema,
    /** Forgotten then: by that time every token it is about has expired. */
    expires_at: timestampSchema,
  })
  .meta({ id: 'PlaybackRevocation' })
export type PlaybackRevocation = z.infer<typeof playbackRevocationSchema>
