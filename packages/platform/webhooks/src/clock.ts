import { sql, type SQL } from 'drizzle-orm'

import type { WebhookDeps } from './deps.ts'

/** The moment by the database's clock, which all who deliver share. */
export function nowOf({ clockOffsetMs }: Pick<WebhookDeps, 'clockOffsetMs'>): SQL {
  return clockOffsetMs === undefined ? sql`now()` : sql`(now() + ${clockOffsetMs()}::float8 * interval '1 millisecond')`
}

/** The same as a date of this process. */
export function dateOf({ clockOffsetMs }: Pick<WebhookDeps, 'clockOffsetMs'>): Date {
  return new Date(Date.now() + (clockOffsetMs?.() ?? 0))
}
