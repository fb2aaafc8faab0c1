import { type SQL, sql } from 'drizzle-orm'

import type { Db } from './connect.ts'

/** How long events, the log of their deliveries, and finished jobs are kept. */
const KEPT_DAYS = 30
/** A delivery that is still unfinished after so long is given up: its endpoint was off, or its turn never came. */
const PENDING_DAYS = 7
/** A node that is there answers in seconds. */
const COMMAND_MINUTES = 15
const COMMAND_DAYS = 7
const BATCH = 1000

/** Rows that a clean-up removed, or gave up. */
export interface CleanedUp {
  events: number
  expiredDeliveries: number
  jobs: number
  idempotencyKeys: number
  hookAnswers: number
  playbackRevocations: number
  expiredCommands: number
  commands: number
  recordings: number
  clips: number
  takes: number
}

/** Deletes what has passed its time, in small transactions; any number of programs may do so at once. */
export async function cleanUp(db: Db): Promise<CleanedUp> {
  return {
    expiredDeliveries: await inBatches(() =>
      db.execute(sql`
        update deliveries set status = 'failed', completed_at = now(), next_attempt_at = null, last_error = 'WEBHOOK_EXPIRED'
        where id in (
          select id from deliveries where status = 'pending' and (leased_until is null or leased_until < now())
          and coalesce(redelivered_at, created_at) < now() - ${PENDING_DAYS} * interval '1 day'
          limit ${BATCH} for update skip locked)`),
    ),
    events: await inBatches(() =>
      db.execute(sql`
        delete from events where id in (
          select id from events where created_at < now() - ${KEPT_DAYS} * interval '1 day'
          and not exists (select from deliveries where event_id = events.id and status = 'pending')
          and not exists (select from outbox where event_id = events.id)
          order by created_at limit ${BATCH} for update skip locked)`),
    ),
    jobs: await inBatches(() =>
      db.execute(sql`
        delete from jobs where id in (
          select id from jobs where finished_at < now() - ${KEPT_DAYS} * interval '1 day' limit ${BATCH})`),
    ),
    idempotencyKeys: await inBatches(() =>
      db.execute(sql`
        delete from idempotency_keys where (project_id, key) in (
          select project_id, key from idempotency_keys where expires_at < now() limit ${BATCH})`),
    ),
    hookAnswers: await inBatches(() =>
      db.execute(sql`
        delete from hook_answers where hash in (
          select hash from hook_answers where expires_at < now() limit ${BATCH})`),
    ),
    playbackRevocations: await inBatches(() =>
      db.execute(sql`
        delete from playback_revocations where id in (
          select id from playback_revocations where expires_at < now() limit ${BATCH})`),
    ),
    expiredCommands: await inBatches(() => expireCommands(db)),
    commands: await inBatches(() =>
      db.execute(sql`
        delete from node_commands where id in (
          select id from node_commands where done_at < now() - ${COMMAND_DAYS} * interval '1 day' limit ${BATCH})`),
    ),
    recordings: await inBatches(() => forgetDeleted(db, sql`recordings`)),
    clips: await inBatches(() => forgetDeleted(db, sql`clips`)),
    takes: await inBatches(() =>
      db.execute(sql`
        delete from takes where id in (
          select id from takes where closed_at < now() - ${KEPT_DAYS} * interval '1 day'
          and not exists (select from media_segments where take_id = takes.id)
          limit ${BATCH} for update skip locked)`),
    ),
  }
}

/** Recordings or clips whose media have been removed; the audit log and the events tell of them still. */
function forgetDeleted(db: Db, table: SQL): Promise<{ count: number }> {
  return db.execute(sql`
    delete from ${table} where id in (
      select id from ${table} where deleted_at < now() - ${KEPT_DAYS} * interval '1 day'
      and not exists (select from jobs where jobs.id = job_id and finished_at is null)
      limit ${BATCH} for update skip locked)`)
}

/** Gives up commands that no node has answered for long, and the jobs that wait for them. */
export function expireCommands(db: Db): Promise<{ count: number }> {
  return db.execute(sql`
    with expired as (
      update node_commands set done_at = now(), error_code = 'NODE_COMMAND_EXPIRED'
      where id in (
        select id from node_commands
        where done_at is null and created_at < now() - ${COMMAND_MINUTES} * interval '1 minute'
        limit ${BATCH} for update skip locked)
      returning job_id)
    , failed as (
      update jobs set status = 'failed', error_code = 'NODE_COMMAND_EXPIRED', finished_at = now()
      where finished_at is null and id in (select job_id from expired))
    select from expired`)
}

async function inBatches(changeSome: () => Promise<{ count: number }>): Promise<number> {
  for (let total = 0; ;) {
    const { count } = await changeSome()
    total += count
    if (count < BATCH) return total
  }
}
