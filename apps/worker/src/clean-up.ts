import type { Logger } from '@millrace/core'
import type { Db } from '@millrace/db'
import { sql } from 'drizzle-orm'

/** How long events and the log of their deliveries are kept. */
const EVENT_DAYS = 30
const BATCH = 1000

/** Deletes what has passed its time: events with their deliveries, but for unfinished ones, and idempotency keys. */
export async function cleanUp(db: Db, log: Logger): Promise<void> {
  const events = await inBatches(() =>
    db.execute(sql`
      delete from events where id in (
        select id from events where created_at < now() - ${EVENT_DAYS} * interval '1 day'
        and not exists (select from deliveries where event_id = events.id and status = 'pending')
        and not exists (select from outbox where event_id = events.id)
        order by created_at limit ${BATCH})`),
  )
  const keys = await inBatches(() =>
    db.execute(sql`
      delete from idempotency_keys where (project_id, key) in (
        select project_id, key from idempotency_keys where expires_at < now() limit ${BATCH})`),
  )
  if (events + keys > 0) log.info({ events, idempotencyKeys: keys }, 'cleaned up')
}

async function inBatches(deleteSome: () => Promise<{ count: number }>): Promise<number> {
  for (let total = 0; ;) {
    const { count } = await deleteSome()
    total += count
    if (count < BATCH) return total
  }
}
