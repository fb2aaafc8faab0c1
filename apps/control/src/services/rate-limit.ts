import { rateBuckets } from '@millrace/db'
import { eq, sql } from 'drizzle-orm'

import { RateLimited, type RateState } from './failures.ts'
import type { Principal, PublicUnit } from './unit.ts'

const PER_MS = 60_000

/**
 * Takes one request out of the token's bucket, which fills evenly and holds a minute's worth. The bucket is in the database,
 * so that all copies of the control plane count together. Throws RateLimited (`RATE_LIMITED`).
 */
export async function takeRequest(unit: PublicUnit, { tokenId }: Principal, limit: number): Promise<RateState> {
  const now = unit.now.toISOString()
  const level = sql`least(${limit}::float8, ${rateBuckets.level} + ${limit}::float8 / ${PER_MS} * greatest(0, extract(epoch from (${now}::timestamptz - ${rateBuckets.refilledAt})) * 1000))`
  const [taken] = await unit.db
    .insert(rateBuckets)
    .values({ tokenId, level: limit - 1, refilledAt: unit.now })
    .onConflictDoUpdate({
      target: rateBuckets.tokenId,
      set: { level: sql`${level} - 1`, refilledAt: unit.now },
      setWhere: sql`${level} >= 1`,
    })
    .returning()
  if (taken !== undefined) return stateOf(taken.level, limit)
  const [row] = await unit.db
    .select({ level: sql<number>`${level}` })
    .from(rateBuckets)
    .where(eq(rateBuckets.tokenId, tokenId))
  const left = row?.level ?? 0
  throw new RateLimited(stateOf(left, limit), Math.max(1, Math.ceil(((1 - left) * PER_MS) / limit / 1000)))
}

/** Headers that tell where a token stands. @see draft-ietf-httpapi-ratelimit-headers-10 */
export function rateHeaders({ limit, remaining, resetS }: RateState): Record<string, string> {
  return { 'ratelimit-policy': `"token";q=${limit};w=60`, ratelimit: `"token";r=${remaining};t=${resetS}` }
}

const stateOf = (level: number, limit: number): RateState => ({
  limit,
  remaining: Math.max(0, Math.floor(level)),
  resetS: Math.ceil(((limit - level) * PER_MS) / limit / 1000),
})
