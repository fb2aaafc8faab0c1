import { errorCode, ServiceError } from '@millrace/core'
import { events, jobs, transaction, webhookEndpoints, type Tx } from '@millrace/db'
import { and, asc, eq, gt, gte, inArray, lt } from 'drizzle-orm'

import type { WebhookDeps } from './deps.ts'
import { redeliver, wants } from './redeliver.ts'

/** Type of the job that delivers the events of a time range again; its subject is the endpoint. */
export const REDELIVER_JOB = 'webhook_endpoint.redeliver'

type JobRow = typeof jobs.$inferSelect

/** `params` of the job: events that happened in `[from, to)`. */
interface RedeliverParams {
  from: string
  to: string
  event_types: string[] | null
}

/** Events looked at in one transaction. */
const STEP = 500

/**
 * Works on redelivery jobs until none is left, or `stopping`. Any number of programs may call it at once: each step locks
 * its job's row and skips locked ones, so that a program that dies in the middle leaves the rest to the others.
 */
export async function runRedeliverJobs(deps: WebhookDeps, stopping: () => boolean = () => false): Promise<void> {
  while (!stopping() && (await transaction(deps.db, step)));
}

/** One step of the oldest job that nobody works on. Returns whether there was one. */
async function step(tx: Tx): Promise<boolean> {
  const [job] = await tx
    .select()
    .from(jobs)
    .where(and(eq(jobs.type, REDELIVER_JOB), inArray(jobs.status, ['queued', 'running'])))
    .orderBy(asc(jobs.id))
    .limit(1)
    .for('update', { skipLocked: true })
  if (!job) return false
  const startedAt = job.startedAt ?? new Date()
  try {
    await tx
      .update(jobs)
      .set({ startedAt, ...(await advance(tx, job)) })
      .where(eq(jobs.id, job.id))
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const failed = { status: 'failed' as const, errorCode: errorCode(error), finishedAt: new Date() }
    await tx
      .update(jobs)
      .set({ startedAt, ...failed })
      .where(eq(jobs.id, job.id))
  }
  return true
}

/** Makes the deliveries of the next events, and returns what changes in the job. */
async function advance(tx: Tx, job: JobRow): Promise<Partial<JobRow>> {
  const [endpoint] = await tx
    .select()
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.id, job.subjectId))
    .for('key share')
  if (!endpoint) throw new ServiceError('WEBHOOK_ENDPOINT_NOT_FOUND', 'the endpoint has been deleted')
  if (!endpoint.enabled) throw new ServiceError('WEBHOOK_ENDPOINT_DISABLED', 'the endpoint has been disabled')
  const rows = await eventsAfter(tx, job)
  const made = await redeliver(
    tx,
    endpoint,
    rows.filter((event) => wants(endpoint, event)),
  )
  const done = job.done + made.length
  if (rows.length < STEP) return { status: 'succeeded', done, total: done, finishedAt: new Date() }
  return { status: 'running', done, cursor: rows.at(-1)!.id }
}

function eventsAfter(tx: Tx, { projectId, cursor, params }: JobRow): Promise<(typeof events.$inferSelect)[]> {
  const { from, to, event_types: types } = params as unknown as RedeliverParams
  return tx
    .select()
    .from(events)
    .where(
      and(
        eq(events.projectId, projectId),
        gte(events.timestamp, new Date(from)),
        lt(events.timestamp, new Date(to)),
        types === null ? undefined : inArray(events.type, types as (typeof events.$inferSelect)['type'][]),
        cursor === null ? undefined : gt(events.id, cursor),
      ),
    )
    .orderBy(asc(events.id))
    .limit(STEP)
}
