import type { Page, PageQuery } from '@millrace/contracts'
import { gt, lt, type SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'

/** Which way a list goes by id, that is by the moment of making. */
export type Order = 'asc' | 'desc'

/** The condition that rows come after the cursor. */
export function afterCursor(id: PgColumn, { after }: PageQuery, order: Order = 'desc'): SQL | undefined {
  if (after === undefined) return undefined
  return order === 'asc' ? gt(id, after) : lt(id, after)
}

/** How many rows to ask for: one more than shown, to know whether there are more. */
export function fetchCount({ limit }: PageQuery): number {
  return limit + 1
}

/** Makes a page of at most `limit + 1` rows. */
export function toPage<R, T extends { id: string }>(
  rows: readonly R[],
  { limit }: PageQuery,
  present: (row: R) => T,
): Page<T> {
  const data = rows.slice(0, limit).map(present)
  const hasMore = rows.length > limit
  return { data, has_more: hasMore, next: hasMore ? data.at(-1)!.id : null }
}

/** RFC 3339 of a moment that may be missing. */
export function timestamp(moment: Date): string
export function timestamp(moment: Date | null): string | null
export function timestamp(moment: Date | null): string | null {
  return moment === null ? null : moment.toISOString()
}
