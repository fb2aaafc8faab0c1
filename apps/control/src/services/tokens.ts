import { equalHashes, hashSecret, newApiToken } from '@millrace/auth'
import type { Page, PageQuery, Scope, Token, TokenCreate, TokenCreated } from '@millrace/contracts'
import { apiTokens, newId, projects } from '@millrace/db'
import { and, desc, eq, isNull, lt, or } from 'drizzle-orm'

import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { audit, type Principal, type PublicUnit, type ReadUnit, type WriteUnit } from './unit.ts'

type Row = typeof apiTokens.$inferSelect

/** `last_used_at` is written at most this often. */
export const LAST_USED_EVERY_MS = 60_000

/** Who a token is. Throws `TOKEN_INVALID`, `TOKEN_EXPIRED`. */
export async function authenticate(unit: PublicUnit, secret: string): Promise<Principal> {
  const hash = hashSecret(unit.keyring, secret)
  const [found] = await unit.db
    .select({ token: apiTokens, limits: projects.limits })
    .from(apiTokens)
    .innerJoin(projects, eq(projects.id, apiTokens.projectId))
    .where(eq(apiTokens.hash, hash))
  const row = found?.token
  if (row === undefined || !equalHashes(row.hash, hash)) throw failure('TOKEN_INVALID', 'no such token')
  if (row.expiresAt !== null && row.expiresAt <= unit.now) throw failure('TOKEN_EXPIRED', 'the token has expired')
  const stale = new Date(unit.now.getTime() - LAST_USED_EVERY_MS)
  if (row.lastUsedAt === null || row.lastUsedAt < stale) {
    await unit.db
      .update(apiTokens)
      .set({ lastUsedAt: unit.now })
      .where(and(eq(apiTokens.id, row.id), or(isNull(apiTokens.lastUsedAt), lt(apiTokens.lastUsedAt, stale))))
  }
  const requestsPerMinute = found!.limits.requests_per_minute
  return {
    tokenId: row.id,
    projectId: row.projectId,
    scopes: row.scopes as Scope[],
    ...(requestsPerMinute === null ? {} : { requestsPerMinute }),
  }
}

/** Throws `SCOPE_MISSING` unless the token may do what `needed` stands for. */
export function authorise({ scopes }: Principal, needed: Scope): void {
  const wider = needed.replace(/:read$/, ':write') as Scope
  if (scopes.includes('admin') || scopes.includes(needed) || scopes.includes(wider)) return
  throw failure('SCOPE_MISSING', `the token lacks the scope ${needed}`, { scope: needed })
}

export async function createToken(unit: WriteUnit, input: TokenCreate): Promise<TokenCreated> {
  const secret = newApiToken()
  const [row] = await unit.db
    .insert(apiTokens)
    .values({
      id: newId('token'),
      projectId: unit.principal.projectId,
      name: input.name,
      scopes: input.scopes,
      hash: hashSecret(unit.keyring, secret),
      last4: secret.slice(-4),
      expiresAt: input.expires_at === null ? null : new Date(input.expires_at),
    })
    .returning()
  await audit(unit, 'token.created', { type: 'token', id: row!.id }, { scopes: input.scopes })
  return { ...present(row!), secret }
}

export async function listTokens(unit: ReadUnit, query: PageQuery): Promise<Page<Token>> {
  const rows = await unit.db
    .select()
    .from(apiTokens)
    .where(and(eq(apiTokens.projectId, unit.principal.projectId), afterCursor(apiTokens.id, query)))
    .orderBy(desc(apiTokens.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

export async function getToken(unit: ReadUnit, id: string): Promise<Token> {
  return present(await find(unit, id))
}

/** Ends a token at once. */
export async function deleteToken(unit: WriteUnit, id: string): Promise<void> {
  const row = await find(unit, id)
  if (row.origin === 'environment') {
    throw failure('TOKEN_IN_ENVIRONMENT', 'this token is set where the control plane is started: change it there')
  }
  await unit.db.delete(apiTokens).where(eq(apiTokens.id, row.id))
  await audit(unit, 'token.deleted', { type: 'token', id })
}

async function find(unit: ReadUnit, id: string): Promise<Row> {
  const [row] = await unit.db
    .select()
    .from(apiTokens)
    .where(and(eq(apiTokens.id, id), eq(apiTokens.projectId, unit.principal.projectId)))
  if (row === undefined) throw failure('TOKEN_NOT_FOUND', `no token ${id}`)
  return row
}

function present(row: Row): Token {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes as Scope[],
    last4: row.last4,
    expires_at: timestamp(row.expiresAt),
    last_used_at: timestamp(row.lastUsedAt),
    created_at: timestamp(row.createdAt),
  }
}
