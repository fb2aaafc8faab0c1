import { open, signerKey, signPlaybackToken } from '@millrace/auth'
import { type PlaybackToken, type PlaybackTokenCreate, type PublicJwk, strictestPolicy } from '@millrace/contracts'
import { playbackIds, signingKeys, streams, vhosts } from '@millrace/db'
import { and, desc, eq, isNotNull, isNull } from 'drizzle-orm'

import { failure } from './failures.ts'
import { findSigningKey, type SigningKeyRow } from './signing-keys.ts'
import type { ReadUnit } from './unit.ts'

/**
 * Signs a playback token. Nothing is kept of it: nodes know it by its signature. Throws `PLAYBACK_ID_NOT_FOUND`,
 * `PLAYBACK_ID_NOT_SIGNED`, `SIGNING_KEY_NOT_FOUND`, `SIGNING_KEY_REVOKED`, `SIGNING_KEY_MISSING`.
 */
export async function createPlaybackToken(unit: ReadUnit, input: PlaybackTokenCreate): Promise<PlaybackToken> {
  await requireSigned(unit, input.playback_id)
  const row = await signingKeyFor(unit, input.signing_key_id)
  const { id: kid, algorithm, sealed } = row
  const key = signerKey(JSON.parse(open(unit.keyring, sealed, kid)) as PublicJwk & { d: string })
  const iat = unit.now.getTime() / 1000
  const nbf = secondsOf(input.not_before)
  // whole seconds: the answer says exactly what the token does
  const exp = Math.ceil(iat) + input.expires_in_s
  const token = signPlaybackToken(
    { key, kid, algorithm },
    {
      sub: input.playback_id,
      aud: input.aud,
      iat,
      exp,
      nbf,
      ip: input.ip ?? undefined,
      vid: input.vid ?? undefined,
      from: secondsOf(input.from),
      to: secondsOf(input.to),
    },
  )
  const expiresAt = new Date(exp * 1000).toISOString()
  return { token, playback_id: input.playback_id, signing_key_id: kid, expires_at: expiresAt }
}

/** Since the epoch, with fractions. */
const secondsOf = (moment: string | null) => (moment === null ? undefined : Date.parse(moment) / 1000)

async function requireSigned(unit: ReadUnit, id: string): Promise<void> {
  const [found] = await unit.db
    .select({ id: playbackIds.policy, stream: streams.playbackPolicy, vhost: vhosts.playbackPolicy })
    .from(playbackIds)
    .innerJoin(streams, eq(streams.id, playbackIds.streamId))
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .where(and(eq(playbackIds.id, id), eq(playbackIds.projectId, unit.principal.projectId)))
  if (found === undefined) throw failure('PLAYBACK_ID_NOT_FOUND', `no playback id ${id}`)
  if (strictestPolicy([found.id, found.stream, found.vhost]) !== 'signed') {
    throw failure('PLAYBACK_ID_NOT_SIGNED', 'neither this playback id nor its stream or vhost asks for a token')
  }
}

type SigningRow = Pick<SigningKeyRow, 'id' | 'algorithm'> & { sealed: string }

async function signingKeyFor(unit: ReadUnit, id: string | null): Promise<SigningRow> {
  const row = id === null ? await newestSigningKey(unit) : await findSigningKey(unit, id)
  if (row === undefined) {
    throw failure('SIGNING_KEY_MISSING', 'there is no key to sign with: make one with POST /v1/signing-keys')
  }
  if (row.revokedAt !== null) throw failure('SIGNING_KEY_REVOKED', `the signing key ${row.id} was revoked`)
  if (row.privateJwkSealed === null) {
    throw failure('SIGNING_KEY_MISSING', `the private half of ${row.id} is not here: sign with it where it is`)
  }
  return { id: row.id, algorithm: row.algorithm, sealed: row.privateJwkSealed }
}

async function newestSigningKey(unit: ReadUnit): Promise<SigningKeyRow | undefined> {
  const [row] = await unit.db
    .select()
    .from(signingKeys)
    .where(
      and(
        eq(signingKeys.projectId, unit.principal.projectId),
        isNull(signingKeys.revokedAt),
        isNotNull(signingKeys.privateJwkSealed),
      ),
    )
    .orderBy(desc(signingKeys.id))
    .limit(1)
  return row
}
