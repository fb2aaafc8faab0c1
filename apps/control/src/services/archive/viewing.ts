import {
  checkClaims,
  isAllowedOrigin,
  originOf,
  parsePlaybackToken,
  type PlaybackClaims,
  PlaybackTokenError,
  verifyingKey,
  verifyPlaybackToken,
  verifyViewPass,
} from '@millrace/auth'
import { type PlaybackPolicy, strictestPolicy } from '@millrace/contracts'
import { playbackIds, playbackRevocations, signingKeys, streams, vhosts } from '@millrace/db'
import { and, eq, gt, isNull, or, type SQL } from 'drizzle-orm'

import type { Caller } from '../../http/route.ts'
import { failure } from '../failures.ts'
import type { PublicUnit } from '../unit.ts'

/** How somebody who wants to see a recording shows that they may. */
export interface Viewer {
  caller: Caller
  /** A playback token. */
  token?: string | undefined
  /** Of `signViewPass`. */
  pass?: string | undefined
}

/** What a viewer may see, and for how long. */
export interface Viewing {
  /** Wall clock, milliseconds: nothing before and after it may be seen. */
  limits: { fromMs: number; toMs: number }
  /** When the right to see it ends, milliseconds since the epoch; undefined for what is public. */
  endsAtMs: number | undefined
  /** Whose pages may read the answer: all, or one origin. */
  origin: string
  /** What the URLs inside of a playlist carry on. */
  query: Readonly<Record<string, string>>
}

/** A playback id with what decides about its policy. */
type Door = Awaited<ReturnType<typeof selectDoors>>[number]

const NO_LIMITS = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }

/** Lets in who has a pass for this id. Throws `PLAYBACK_PASS_INVALID`. */
export function admitByPass(unit: PublicUnit, id: string, pass: string): Viewing {
  const endsAtS = verifyViewPass(unit.keyring, id, pass, unit.now.getTime() / 1000)
  if (endsAtS === undefined) throw failure('PLAYBACK_PASS_INVALID', 'the pass is over, or for something else')
  return { limits: NO_LIMITS, endsAtMs: endsAtS * 1000, origin: '*', query: { pass } }
}

/** The playback ids that `where` names, with what their streams and vhosts ask for. */
export const selectDoors = (unit: PublicUnit, where: SQL | undefined) =>
  unit.db
    .select({
      id: playbackIds.id,
      projectId: playbackIds.projectId,
      streamId: playbackIds.streamId,
      recordingId: playbackIds.recordingId,
      policy: playbackIds.policy,
      allowedOrigins: playbackIds.allowedOrigins,
      streamPolicy: streams.playbackPolicy,
      vhostPolicy: vhosts.playbackPolicy,
    })
    .from(playbackIds)
    .innerJoin(streams, eq(streams.id, playbackIds.streamId))
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .where(where)

/** What a viewer needs at this door. */
export const policyOf = (door: Pick<Door, 'policy' | 'streamPolicy' | 'vhostPolicy'>): PlaybackPolicy =>
  strictestPolicy([door.policy, door.streamPolicy, door.vhostPolicy])

/**
 * Lets a viewer in by any of the doors whose policy and origins it meets. Throws PlaybackTokenError `PLAYBACK_TOKEN_…`, and
 * `PLAYBACK_TOKEN_REQUIRED`, `PLAYBACK_ORIGIN_DENIED`, `PLAYBACK_HOOK_REQUIRED`.
 */
export async function admitViewer(
  unit: PublicUnit,
  doors: readonly Door[],
  { caller, token }: Viewer,
): Promise<Viewing> {
  const origin = originOf(caller)
  const open = doors.filter((door) => policyOf(door) === 'public')
  const door = open.find((candidate) => admitsOrigin(candidate, origin))
  if (door !== undefined) return viewing(door, origin, undefined, undefined)
  if (token !== undefined) return admitByToken(unit, doors, token, caller, origin)
  if (open.length > 0) throw originDenied()
  if (doors.some((candidate) => policyOf(candidate) === 'signed')) {
    throw failure('PLAYBACK_TOKEN_REQUIRED', 'a playback token is needed: ?token=…')
  }
  if (doors.length === 0) throw failure('PLAYBACK_ID_NOT_FOUND', 'there is no playback id to see it by')
  throw failure('PLAYBACK_HOOK_REQUIRED', 'the play hook is asked for live streams only: give it another playback id')
}

async function admitByToken(
  unit: PublicUnit,
  doors: readonly Door[],
  token: string,
  { ip }: Caller,
  origin: string | undefined,
): Promise<Viewing> {
  const parsed = parsePlaybackToken(token)
  const [key] = await unit.db
    .select()
    .from(signingKeys)
    .where(and(eq(signingKeys.id, parsed.kid), isNull(signingKeys.revokedAt)))
  if (key === undefined) {
    throw new PlaybackTokenError('PLAYBACK_TOKEN_KEY', 'the signing key of the token is unknown, or was revoked')
  }
  const claims = await verifyPlaybackToken(parsed, { key: verifyingKey(key.publicJwk), algorithm: key.algorithm })
  const door = doors.find(({ id, projectId }) => id === claims.sub && projectId === key.projectId)
  if (door === undefined) throw failure('PLAYBACK_TOKEN_SUBJECT', 'the token is for something else')
  if (!admitsOrigin(door, origin)) throw originDenied()
  checkClaims(claims, unit.now.getTime() / 1000, ip, 'recording')
  if (await isRevoked(unit, door, claims)) throw failure('PLAYBACK_TOKEN_REVOKED', 'the token was revoked')
  return viewing(door, origin, claims, token)
}

async function isRevoked(unit: PublicUnit, { id, projectId }: Door, { vid, iat }: PlaybackClaims): Promise<boolean> {
  const { playbackId, vid: viewer, notBefore, projectId: owner } = playbackRevocations
  const rows = await unit.db
    .select({ notBefore })
    .from(playbackRevocations)
    .where(
      and(
        eq(owner, projectId),
        or(isNull(playbackId), eq(playbackId, id)),
        vid === undefined ? isNull(viewer) : or(isNull(viewer), eq(viewer, vid)),
        gt(playbackRevocations.expiresAt, unit.now),
      ),
    )
  return rows.some((row) => row.notBefore === null || iat * 1000 < row.notBefore.getTime())
}

function viewing(
  { allowedOrigins }: Door,
  origin: string | undefined,
  claims: PlaybackClaims | undefined,
  token: string | undefined,
): Viewing {
  const { from, to, exp } = claims ?? {}
  return {
    limits: {
      fromMs: from === undefined ? NO_LIMITS.fromMs : from * 1000,
      toMs: to === undefined ? NO_LIMITS.toMs : to * 1000,
    },
    endsAtMs: exp === undefined ? undefined : exp * 1000,
    // where only some origins may play, only pages of the viewer's own may read the answers
    origin: allowedOrigins.length === 0 ? '*' : (origin ?? '*'),
    query: token === undefined ? {} : { token },
  }
}

const admitsOrigin = ({ allowedOrigins }: Door, origin: string | undefined): boolean =>
  allowedOrigins.length === 0 || (origin !== undefined && isAllowedOrigin(allowedOrigins, origin))

const originDenied = () => failure('PLAYBACK_ORIGIN_DENIED', 'it may not be played from this page')

/** Headers of what a viewer is given. */
export function viewerHeaders({ origin, query }: Viewing, maxAgeS: number): Record<string, string> {
  const shared = origin === '*' && query['token'] === undefined && query['pass'] === undefined
  return {
    'cache-control': `${shared ? 'public' : 'private'}, max-age=${maxAgeS}`,
    'access-control-allow-origin': origin,
  }
}
