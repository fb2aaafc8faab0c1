import type { Health } from '@millrace/contracts'
import { sql } from 'drizzle-orm'

import type { PublicUnit } from './unit.ts'

/** Answers when the database does; else the failure is told like any other. */
export async function getHealth(unit: PublicUnit, version: string): Promise<Health> {
  await unit.db.execute(sql`select 1`)
  return { status: 'ok', version, time: unit.now.toISOString() }
}
