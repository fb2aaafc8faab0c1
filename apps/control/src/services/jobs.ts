import type { Job } from '@millrace/contracts'
import { insertJob, jobs, kickWorker } from '@millrace/db'
import { and, eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import { timestamp } from './lists.ts'
import type { ReadUnit, WriteUnit } from './unit.ts'

/** Enters a job for the worker. `params` by `type`. */
export async function startJob(
  unit: WriteUnit,
  type: string,
  subject: { type: string; id: string },
  params: Record<string, unknown>,
): Promise<Job> {
  const row = await insertJob(unit.db, { projectId: unit.principal.projectId, type, subject, params })
  await kickWorker(unit.db)
  return presentJob(row)
}

/** The caller's job. Throws `JOB_NOT_FOUND`. */
export async function getJob(unit: ReadUnit, id: string): Promise<Job> {
  const [row] = await unit.db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, id), eq(jobs.projectId, unit.principal.projectId)))
  if (row === undefined) throw failure('JOB_NOT_FOUND', `no job ${id}`)
  return presentJob(row)
}

/** As the API shows it. */
export function presentJob(row: typeof jobs.$inferSelect): Job {
  return {
    id: row.id,
    type: row.type,
    subject: { type: row.subjectType, id: row.subjectId },
    status: row.status,
    done: row.done,
    total: row.total,
    error_code: row.errorCode,
    started_at: timestamp(row.startedAt),
    finished_at: timestamp(row.finishedAt),
    created_at: timestamp(row.createdAt),
  }
}
