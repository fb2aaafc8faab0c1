import { ServiceError } from '@millrace/core'
import { and, asc, eq, inArray, isNull, lte, or, sql } from 'drizzle-orm'

import type { Db, Queryable, Tx } from './connect.ts'
import { newId } from './ids.ts'
import { jobs } from './schema.ts'

/** Channel of `LISTEN` that says: there are new rows in `jobs`. A hint only. */
export const WORK_CHANNEL = 'millrace_work'

/** Types of the jobs that the queue `work` runs. */
export const WORK_TYPES = [
  'recording.finish',
  'recording.delete',
  /** Tells an SRS-like backend of a recording that was finished. */
  'recording.on_dvr',
  'clip.make',
  'clip.delete',
  /** Deletes the objects `params.keys` of the storage. */
  'objects.delete',
  /** Looks for objects of the storage that nothing knows. */
  'storage.sweep',
] as const
export type WorkType = (typeof WORK_TYPES)[number]

export type JobRow = typeof jobs.$inferSelect

/** Enters a job in the caller's transaction, and tells the worker at commit. `params` by `type`. */
export async function insertJob(
  tx: Tx,
  job: {
    projectId: string
    type: string
    subject: { type: string; id: string }
    params?: Record<string, unknown>
  },
): Promise<JobRow> {
  const { projectId, type, subject, params = {} } = job
  const [row] = await tx
    .insert(jobs)
    .values({ id: newId('job'), projectId, type, subjectType: subject.type, subjectId: subject.id, params })
    .returning()
  await tx.execute(sql`select pg_notify(${WORK_CHANNEL}, '')`)
  return row!
}

/** The unfinished job of this type that works on the subject, if there is one. */
export async function unfinishedJob(db: Queryable, type: WorkType, subjectId: string): Promise<JobRow | undefined> {
  const [row] = await db
    .select()
    .from(jobs)
    .where(and(eq(jobs.type, type), eq(jobs.subjectId, subjectId), inArray(jobs.status, ['queued', 'running'])))
    .limit(1)
  return row
}

const DUE_BATCH = 1000

/** Ids of the jobs for the queue `work` whose time has come, those that run included; the oldest first. */
export async function dueJobs(db: Db, now: Date): Promise<string[]> {
  const rows = await db
    .select({ id: jobs.id })
    .from(jobs)
    .where(
      and(
        inArray(jobs.status, ['queued', 'running']),
        inArray(jobs.type, [...WORK_TYPES]),
        or(isNull(jobs.runAt), lte(jobs.runAt, now)),
      ),
    )
    .orderBy(asc(jobs.id))
    .limit(DUE_BATCH)
  return rows.map(({ id }) => id)
}

/**
 * Takes a job: from now on only who shows the new attempt may change it. Undefined for one that is over, or gone, or not
 * due yet.
 */
export async function claimJob(db: Db, id: string, now: Date): Promise<JobRow | undefined> {
  const [row] = await db
    .update(jobs)
    .set({
      status: 'running',
      attempt: sql`${jobs.attempt} + 1`,
      startedAt: sql`coalesce(${jobs.startedAt}, ${now.toISOString()}::timestamptz)`,
    })
    .where(
      and(eq(jobs.id, id), inArray(jobs.status, ['queued', 'running']), or(isNull(jobs.runAt), lte(jobs.runAt, now))),
    )
    .returning()
  return row
}

/** A job in the hands of one attempt. */
export type HeldJob = Pick<JobRow, 'id' | 'attempt'>

/**
 * Changes a job for the attempt that has it; in a transaction, the row stays locked until its end, so that nothing that the
 * transaction does is committed by an attempt that has lost the job. Throws ServiceError `JOB_SUPERSEDED` for such a one.
 */
export async function updateHeldJob(
  db: Db | Tx,
  { id, attempt }: HeldJob,
  change: Partial<Omit<JobRow, 'id' | 'attempt'>>,
): Promise<JobRow> {
  const [row] = await db
    .update(jobs)
    .set({ status: 'running', ...change })
    .where(and(eq(jobs.id, id), eq(jobs.attempt, attempt), eq(jobs.status, 'running')))
    .returning()
  if (row === undefined) throw new ServiceError('JOB_SUPERSEDED', `another worker has job ${id}`)
  return row
}
