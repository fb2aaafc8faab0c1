import {
  backoffMs,
  errorCode,
  errorMessage,
  FormatError,
  InvariantError,
  ServiceError,
  type Logger,
} from '@millrace/core'
import {
  claimJob,
  jobs,
  transaction,
  updateHeldJob,
  WORK_TYPES,
  type Db,
  type JobRow,
  type Tx,
  type WorkType,
} from '@millrace/db'
import type { JobOutcome } from '@millrace/jobs'
import { eq } from 'drizzle-orm'

import type { Attempt, AttemptEnded, JobTypes, LastStep } from './job-type.ts'

const RETRY = { baseMs: 1000, maxMs: 600_000 }
/** About a day: what is away comes back. */
const MAX_FAILURES = 150
/** What was read is wrong, or we are: the same again is no better. */
const MAX_OWN_FAILURES = 3
const PROGRESS_MS = 1000

export interface RunnerDeps {
  db: Db
  log: Logger
  types: JobTypes
  /** Called after each attempt, for metrics. */
  onAttempt?: (ended: AttemptEnded) => void
}

/**
 * Makes one attempt at a job; the row in `jobs` says afterwards what became of it. Throws only when the database can't be
 * reached.
 *
 * @param interrupt aborted when the lock on the job is lost or this worker is to end
 */
export async function runJob(deps: RunnerDeps, id: string, interrupt: AbortSignal): Promise<JobOutcome> {
  const { db } = deps
  const job = await claimJob(db, id, new Date())
  if (job === undefined) return notNow(db, id)
  const log = deps.log.child({ job: id, type: job.type, attempt: job.attempt })
  const beganMs = performance.now()
  const ended = (outcome: AttemptEnded['outcome']): number => {
    const durationMs = Math.round(performance.now() - beganMs)
    deps.onAttempt?.({ type: job.type, outcome, durationMs })
    return durationMs
  }
  try {
    const last = await typeOf(deps, job).run(attemptAt(deps, job, log, interrupt))
    await transaction(db, (tx) => succeed(tx, job, last))
    log.info({ durationMs: ended('succeeded') }, 'job done')
    return { done: true }
  } catch (err) {
    if (errorCode(err) === 'JOB_SUPERSEDED') {
      log.warn({ durationMs: ended('lost') }, 'job is in other hands')
      return { done: true }
    }
    if (interrupt.aborted) return release(db, job, ended)
    const outcome = await giveUpOrRetry(deps, job, err)
    log.warn({ err, durationMs: ended(outcome.done ? 'failed' : 'retried') }, 'attempt at a job failed')
    return outcome
  }
}

function typeOf({ types }: RunnerDeps, { type }: JobRow) {
  if (!isWorkType(type)) throw new InvariantError('JOB_TYPE_UNKNOWN', `no worker knows jobs of type ${type}`)
  return types[type]
}

const isWorkType = (type: string): type is WorkType => WORK_TYPES.some((known) => known === type)

function attemptAt({ db }: RunnerDeps, job: JobRow, log: Logger, signal: AbortSignal): Attempt {
  let toldMs = -Infinity
  const commit = (change: Partial<JobRow>, work?: (tx: Tx) => Promise<void>): Promise<void> =>
    transaction(db, async (tx) => {
      await updateHeldJob(tx, job, change)
      await work?.(tx)
    })
  return {
    job,
    db,
    log,
    signal,
    async progress(done, total) {
      const nowMs = performance.now()
      if (nowMs - toldMs < PROGRESS_MS) return
      toldMs = nowMs
      await updateHeldJob(db, job, { done, total })
    },
    commit: (work) => commit({}, work),
    step: (cursor, work) => commit({ cursor, failures: 0 }, work),
  }
}

async function succeed(tx: Tx, job: JobRow, last: LastStep): Promise<void> {
  const { done, total } = await updateHeldJob(tx, job, {})
  await last?.(tx)
  await updateHeldJob(tx, job, {
    status: 'succeeded',
    errorCode: null,
    runAt: null,
    finishedAt: new Date(),
    done: total ?? done,
  })
}

/** A job that can't be claimed is over, gone, or waits for its next attempt, in which case the queue was early. */
async function notNow(db: Db, id: string): Promise<JobOutcome> {
  const [row] = await db.select({ runAt: jobs.runAt, finishedAt: jobs.finishedAt }).from(jobs).where(eq(jobs.id, id))
  if (row === undefined || row.runAt === null || row.finishedAt !== null) return { done: true }
  return { done: false, againInMs: Math.max(0, row.runAt.getTime() - Date.now()) }
}

/** Leaves a job to others, as if this attempt had not been. */
async function release(db: Db, job: JobRow, ended: (outcome: 'lost') => number): Promise<JobOutcome> {
  ended('lost')
  try {
    await updateHeldJob(db, job, { status: 'queued' })
  } catch (error) {
    if (errorCode(error) !== 'JOB_SUPERSEDED') throw error
  }
  return { done: false, againInMs: 0 }
}

async function giveUpOrRetry(deps: RunnerDeps, job: JobRow, error: unknown): Promise<JobOutcome> {
  const code = errorCode(error)
  const ours = error instanceof FormatError || error instanceof InvariantError
  try {
    return await transaction(deps.db, async (tx): Promise<JobOutcome> => {
      const { failures: before } = await updateHeldJob(tx, job, {})
      const failures = before + 1
      if (failures < (ours ? MAX_OWN_FAILURES : MAX_FAILURES)) {
        const againInMs = backoffMs(before, RETRY)
        const runAt = new Date(Date.now() + againInMs)
        await updateHeldJob(tx, job, { status: 'queued', failures, errorCode: code, runAt })
        return { done: false, againInMs }
      }
      if (isWorkType(job.type)) await deps.types[job.type].failed(tx, job, code)
      await updateHeldJob(tx, job, { status: 'failed', failures, errorCode: code, finishedAt: new Date() })
      return { done: true }
    })
  } catch (err) {
    if (errorCode(err) === 'JOB_SUPERSEDED') return { done: true }
    throw err instanceof ServiceError ? err : new ServiceError('JOB_NOT_RECORDED', errorMessage(err), { cause: err })
  }
}
