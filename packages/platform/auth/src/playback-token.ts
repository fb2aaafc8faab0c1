import { type KeyObject, sign, verify } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { promisify } from 'node:util'

import type { PlaybackAudience, SigningAlgorithm } from '@millrace/contracts'
import { MAX_PLAYBACK_TOKEN_LENGTH, MAX_PLAYBACK_TOKEN_LIFETIME_S } from '@millrace/contracts/plain'
import { CodedError } from '@millrace/core'

const verifyAsync = promisify(verify)

/** How far the clocks of whoever signs and whoever verifies may differ, seconds. */
export const CLOCK_LEEWAY_S = 5

const MAX_TEXT = 128

/** A playback token that can't be accepted: `PLAYBACK_TOKEN_…`. */
export class PlaybackTokenError extends CodedError {}

/** What a playback token says. Times are seconds since the epoch, and may have fractions. @see RFC 7519 §4.1 */
export interface PlaybackClaims {
  /** Playback id. */
  sub: string
  /** A {@link PlaybackAudience}, or several of which that is one. */
  aud: string | readonly string[]
  iat: number
  exp: number
  nbf?: number | undefined
  /** The only address that may play with it. */
  ip?: string | undefined
  /** The user's own name for the viewer. */
  vid?: string | undefined
  /** Wall clock of the first and the last moment of a recording that may be seen. */
  from?: number | undefined
  to?: number | undefined
}

/** A token taken apart, whose signature nobody has checked yet. */
export interface UnverifiedToken {
  readonly algorithm: SigningAlgorithm
  readonly kid: string
  /** What is signed: header and payload as they came. */
  readonly signed: string
  readonly signature: Uint8Array
}

/** Signs claims as a JWT in compact form. @see RFC 7515 §7.1 */
export function signPlaybackToken(
  { key, kid, algorithm }: { key: KeyObject; kid: string; algorithm: SigningAlgorithm },
  claims: PlaybackClaims,
): string {
  const signed = `${encode({ alg: algorithm, kid, typ: 'JWT' })}.${encode(claims)}`
  const signature = sign(digestOf(algorithm), Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

/**
 * Takes a token apart as far as needed to find its key. Throws PlaybackTokenError `PLAYBACK_TOKEN_MALFORMED`, and
 * `PLAYBACK_TOKEN_ALGORITHM` for any but ES256 and EdDSA, `none` among them. @see RFC 8725 §3.1
 */
export function parsePlaybackToken(token: string): UnverifiedToken {
  if (token.length > MAX_PLAYBACK_TOKEN_LENGTH) throw malformed('it is too long')
  const match = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/.exec(token)
  if (!match) throw malformed('it is no JWT in compact form')
  const [, header = '', payload = '', signature = ''] = match
  const { alg, kid, crit, typ } = decode(header)
  if (alg !== 'ES256' && alg !== 'EdDSA') {
    throw new PlaybackTokenError('PLAYBACK_TOKEN_ALGORITHM', 'the token must be signed with ES256 or EdDSA')
  }
  // an extension that must be understood, and is not: RFC 7515 §4.1.11
  if (crit !== undefined) throw malformed('it has critical extensions')
  if (typ !== undefined && (typeof typ !== 'string' || !/^(application\/)?jwt$/i.test(typ)))
    throw malformed('its typ is not JWT')
  if (typeof kid !== 'string' || kid.length > MAX_TEXT) throw malformed('it has no kid')
  return {
    algorithm: alg,
    kid,
    signed: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  }
}

/** Whether a text is a playback token of ours, good or not: a JWT of a signing key. Others may call theirs `token` too. */
export function isPlaybackToken(text: string): boolean {
  const dot = text.indexOf('.')
  if (dot < 0 || text.length > MAX_PLAYBACK_TOKEN_LENGTH) return false
  return /"kid":\s*"sgk_/.test(Buffer.from(text.slice(0, dot), 'base64url').toString('latin1'))
}

/**
 * Checks the signature, outside of the event loop, and returns the claims. The algorithm is the key's: a token that names
 * another one is refused. Throws PlaybackTokenError `PLAYBACK_TOKEN_ALGORITHM`, `PLAYBACK_TOKEN_SIGNATURE`, and
 * `PLAYBACK_TOKEN_MALFORMED` for claims that are missing or of a wrong type.
 */
export async function verifyPlaybackToken(
  token: UnverifiedToken,
  { key, algorithm }: { key: KeyObject; algorithm: SigningAlgorithm },
): Promise<PlaybackClaims> {
  if (token.algorithm !== algorithm) {
    throw new PlaybackTokenError('PLAYBACK_TOKEN_ALGORITHM', 'the token names another algorithm than its key has')
  }
  const data = Buffer.from(token.signed)
  const good = await verifyAsync(digestOf(algorithm), data, { key, dsaEncoding: 'ieee-p1363' }, token.signature)
  if (!good) throw new PlaybackTokenError('PLAYBACK_TOKEN_SIGNATURE', 'the signature of the token is wrong')
  return readClaims(decode(token.signed.slice(token.signed.indexOf('.') + 1)))
}

/**
 * Checks what depends on the moment and the viewer: audience, times, address. Throws PlaybackTokenError
 * `PLAYBACK_TOKEN_AUDIENCE`, `_NOT_YET_VALID`, `_EXPIRED`, `_LIFETIME`, `_ADDRESS`.
 *
 * @param nowS seconds since the epoch
 * @param ip address of the viewer in its usual form; undefined leaves it unchecked
 * @param audience what is to be played; by WHEP with a token for `live` too
 */
export function checkClaims(
  claims: PlaybackClaims,
  nowS: number,
  ip: string | undefined,
  audience: PlaybackAudience = 'live',
): void {
  const { aud, iat, exp, nbf = iat } = claims
  const told = typeof aud === 'string' ? [aud] : aud
  if (!told.includes(audience) && !(audience === 'whep' && told.includes('live'))) {
    throw new PlaybackTokenError('PLAYBACK_TOKEN_AUDIENCE', `the token is not for this: its aud must have ${audience}`)
  }
  if (exp - iat > MAX_PLAYBACK_TOKEN_LIFETIME_S) {
    throw new PlaybackTokenError('PLAYBACK_TOKEN_LIFETIME', 'the token is for longer than seven days')
  }
  if (Math.max(iat, nbf) > nowS + CLOCK_LEEWAY_S) {
    throw new PlaybackTokenError('PLAYBACK_TOKEN_NOT_YET_VALID', 'the token is not valid yet')
  }
  if (isExpired(claims, nowS)) throw new PlaybackTokenError('PLAYBACK_TOKEN_EXPIRED', 'the token has expired')
  if (claims.ip !== undefined && ip !== undefined && claims.ip !== ip) {
    throw new PlaybackTokenError('PLAYBACK_TOKEN_ADDRESS', 'the token is for another address')
  }
}

/** Whether a token is over, with the leeway for clocks that differ. */
export function isExpired({ exp }: Pick<PlaybackClaims, 'exp'>, nowS: number): boolean {
  return exp + CLOCK_LEEWAY_S <= nowS
}

function readClaims(claims: Record<string, unknown>): PlaybackClaims {
  const { sub, aud, iat, exp, nbf, ip, vid, from, to } = claims
  if (!isText(sub)) throw malformed('sub must be a playback id')
  if (!isText(aud) && !(Array.isArray(aud) && aud.length <= 16 && aud.every(isText)))
    throw malformed('aud must be text')
  if (!isMoment(iat)) throw malformed('iat must be a time')
  if (!isMoment(exp)) throw malformed('exp must be a time')
  if (nbf !== undefined && !isMoment(nbf)) throw malformed('nbf must be a time')
  if (ip !== undefined && !isText(ip)) throw malformed('ip must be text')
  if (vid !== undefined && !isText(vid)) throw malformed('vid must be text')
  if (from !== undefined && !isMoment(from)) throw malformed('from must be a time')
  if (to !== undefined && !isMoment(to)) throw malformed('to must be a time')
  return { sub, aud, iat, exp, nbf, ip: ip === undefined ? undefined : canonicalAddress(ip), vid, from, to }
}

/** IPv6 has many ways to write an address; Node reports the shortest. */
function canonicalAddress(ip: string): string {
  const mapped = /^::ffff:(?=\d+\.)/i
  if (!isIPv6(ip) || mapped.test(ip)) return ip.replace(mapped, '')
  return URL.parse(`http://[${ip}]`)?.hostname.slice(1, -1) ?? ip
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT

const isMoment = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < 2 ** 40

/** Ed25519 hashes by itself. */
const digestOf = (algorithm: SigningAlgorithm): string | null => (algorithm === 'ES256' ? 'sha256' : null)

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function decode(part: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')))
  } catch {
    throw malformed('it is no JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is no object')
  return value as Record<string, unknown>
}

function malformed(why: string): PlaybackTokenError {
  return new PlaybackTokenError('PLAYBACK_TOKEN_MALFORMED', `the playback token cannot be read: ${why}`)
}
