import { z } from 'zod'

import { hasPlainSegments, NAME_LIMITS, PATH_NAME_PATTERN, VHOST_NAME_PATTERN } from './plain.ts'

export { DEFAULT_VHOST, NAME_LIMITS } from './plain.ts'

/** What each kind of id starts with. */
export const ID_PREFIXES = {
  project: 'prj',
  token: 'tok',
  vhost: 'vh',
  stream: 'str',
  key: 'key',
  playback: 'pb',
  session: 'ses',
  node: 'node',
  webhookEndpoint: 'whk',
  event: 'evt',
  delivery: 'dlv',
  viewer: 'vwr',
  pushTarget: 'tgt',
  storage: 'sto',
  take: 'tak',
  recording: 'rec',
  clip: 'clp',
  job: 'job',
  nodeCommand: 'cmd',
  hookCall: 'hk',
  signingKey: 'sgk',
  revocation: 'rev',
  request: 'req',
} as const

/** A kind of resource that has ids. */
export type IdKind = keyof typeof ID_PREFIXES

/** Schema of an id: its prefix, `_`, and 26 characters of lower-case Crockford base32. */
export function idSchema(kind: IdKind): z.ZodString {
  const prefix = ID_PREFIXES[kind]
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`), `must be an id that starts with ${prefix}_`)
    .meta({ examples: [`${prefix}_01jd8y4v5xk3q9m2w7r6t0abcd`] })
}

/** RFC 3339 time in UTC, `2026-11-22T20:55:36.123Z`. */
export const timestampSchema = z.iso.datetime().meta({ description: 'RFC 3339, UTC' })

/** A network in CIDR notation, or one address. */
export const cidrSchema = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
  error: 'must be a network (CIDR) or an IP address',
})

/** How media is carried. */
export const protocolSchema = z.enum([
  'rtmp',
  'rtmps',
  'http-flv',
  'ws-flv',
  'http-ts',
  'http-aac',
  'http-mp3',
  'hls',
  'webrtc',
])
export type Protocol = z.infer<typeof protocolSchema>

/** What is wrong with a stream that is on air all the same. */
export const healthCodeSchema = z.enum([
  /** Pictures are not in the order that they are shown in: players of WebRTC do not get those that come late. */
  'b_frames_for_webrtc',
  /** A track is in a codec that players of some protocol can't be given. */
  'codec_unsupported',
])
export type HealthCode = z.infer<typeof healthCodeSchema>

/**
 * A part of a stream's name: no control characters, blanks, `?`, `#`, `%` or backslash, no empty, `.` or `..` path segment.
 * An app may have several segments (`live/eu`).
 */
export const pathNameSchema = z
  .string()
  .min(1)
  .max(NAME_LIMITS.stream)
  .regex(PATH_NAME_PATTERN, 'must have no blanks, control characters, ?, #, % or backslash')
  .refine(hasPlainSegments, { message: 'must have no empty, "." or ".." segment' })

/** One segment of a path: a stream's own name. */
export const streamNameSchema = pathNameSchema.refine((name) => !name.includes('/'), { message: 'must have no slash' })

/** A host name in lower case, or `__defaultVhost__`. */
export const vhostNameSchema = z
  .string()
  .max(NAME_LIMITS.vhost)
  .regex(VHOST_NAME_PATTERN, 'must be a host name in lower case')

/** What a track carries. */
export const trackSchema = z.object({
  kind: z.enum(['video', 'audio', 'data']),
  /** `h264`, `hevc`, `av1`, `vp9`, `aac`, `mp3`, `opus`, … */
  codec: z.string().max(32),
  /** RFC 6381 string, when known. */
  codec_string: z.string().max(64).optional(),
  width: z.int().min(0).max(65_535).optional(),
  height: z.int().min(0).max(65_535).optional(),
  fps: z.number().min(0).max(1000).optional(),
  sample_rate: z.int().min(0).max(1_000_000).optional(),
  channels: z.int().min(0).max(64).optional(),
})
export type TrackInfo = z.infer<typeof trackSchema>

/** Why a broadcast ended. */
export const endReasonSchema = z.enum([
  'publisher_closed',
  'timeout',
  'kicked',
  'replaced',
  'max_duration',
  'node_lost',
  'rejected_media',
])
export type EndReason = z.infer<typeof endReasonSchema>
