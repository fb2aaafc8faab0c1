import { algorithmOf, newSigningKeyPair, seal, verifyingKey } from '@millrace/auth'
import type {
  Jwks,
  Page,
  PageQuery,
  PublicJwk,
  SigningKey,
  SigningKeyCreate,
  SigningKeyCreated,
} from '@millrace/contracts'
import { newId, signingKeys } from '@millrace/db'
import { and, asc, count, desc, eq, isNull } from 'drizzle-orm'

import { failure, RequestInvalid } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { audit, type PublicUnit, type ReadUnit, type WriteUnit } from './unit.ts'

export type SigningKeyRow = typeof signingKeys.$inferSelect

/** Keys of a project that are not revoked: each node holds them all. */
const MAX_KEYS = 20

/** Throws `SIGNING_KEY_LIMIT`, and `REQUEST_INVALID` for a public key that is none. */
export async function createSigningKey(unit: WriteUnit, input: SigningKeyCreate): Promise<SigningKeyCreated> {
  const { projectId } = unit.principal
  const [existing] = await unit.db
    .select({ count: count() })
    .from(signingKeys)
    .where(and(eq(signingKeys.projectId, projectId), isNull(signingKeys.revokedAt)))
  if (existing!.count >= MAX_KEYS) throw failure('SIGNING_KEY_LIMIT', `there may be ${MAX_KEYS} keys: revoke one`)
  const id = newId('signingKey')
  const pair = input.public_jwk === null ? newSigningKeyPair(input.algorithm) : undefined
  const publicJwk = pair?.publicJwk ?? imported(input.public_jwk!)
  const [row] = await unit.db
    .insert(signingKeys)
    .values({
      id,
      projectId,
      name: input.name,
      algorithm: algorithmOf(publicJwk),
      publicJwk,
      privateJwkSealed: pair === undefined ? null : seal(unit.keyring, JSON.stringify(pair.privateJwk), id),
    })
    .returning()
  await audit(unit, 'signing_key.created', { type: 'signing_key', id }, { imported: pair === undefined })
  return { ...present(row!), private_jwk: pair?.privateJwk ?? null }
}

export async function listSigningKeys(unit: ReadUnit, query: PageQuery): Promise<Page<SigningKey>> {
  const rows = await unit.db
    .select()
    .from(signingKeys)
    .where(and(eq(signingKeys.projectId, unit.principal.projectId), afterCursor(signingKeys.id, query)))
    .orderBy(desc(signingKeys.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

export async function getSigningKey(unit: ReadUnit, id: string): Promise<SigningKey> {
  return present(await findSigningKey(unit, id))
}

/** Revokes a key: its tokens are refused, and the viewers who came with them are ended. Doing it again changes nothing. */
export async function revokeSigningKey(unit: WriteUnit, id: string): Promise<void> {
  const row = await findSigningKey(unit, id)
  if (row.revokedAt !== null) return
  await unit.db.update(signingKeys).set({ revokedAt: unit.now }).where(eq(signingKeys.id, id))
  await audit(unit, 'signing_key.revoked', { type: 'signing_key', id })
}

/** The public halves of all keys that are in use, of all projects: they are told apart by `kid`. */
export async function getJwks(unit: PublicUnit): Promise<Jwks> {
  const rows = await validSigningKeys(unit)
  return {
    keys: rows.map(({ id, algorithm, publicJwk }) => ({ ...publicJwk, kid: id, alg: algorithm, use: 'sig' as const })),
  }
}

/** The keys of all projects that are not revoked, the oldest first. */
export function validSigningKeys(unit: PublicUnit): Promise<SigningKeyRow[]> {
  return unit.db.select().from(signingKeys).where(isNull(signingKeys.revokedAt)).orderBy(asc(signingKeys.id))
}

/** The caller's key. Throws `SIGNING_KEY_NOT_FOUND`. */
export async function findSigningKey(unit: ReadUnit, id: string): Promise<SigningKeyRow> {
  const [row] = await unit.db
    .select()
    .from(signingKeys)
    .where(and(eq(signingKeys.id, id), eq(signingKeys.projectId, unit.principal.projectId)))
  if (row === undefined) throw failure('SIGNING_KEY_NOT_FOUND', `no signing key ${id}`)
  return row
}

/** The schema has seen to the form; whether it is a point of the curve is for the cryptography to say. */
function imported(jwk: PublicJwk): PublicJwk {
  try {
    verifyingKey(jwk)
    return jwk
  } catch {
    throw new RequestInvalid([{ pointer: '/public_jwk', code: 'custom', message: 'must be a point on its curve' }])
  }
}

function present(row: SigningKeyRow): SigningKey {
  return {
    id: row.id,
    name: row.name,
    algorithm: row.algorithm,
    public_jwk: row.publicJwk,
    imported: row.privateJwkSealed === null,
    revoked_at: timestamp(row.revokedAt),
    created_at: timestamp(row.createdAt),
  }
}
