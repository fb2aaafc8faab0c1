import type { Logger } from '@millrace/core'
import type { Db, JobRow, Tx, WorkType } from '@millrace/db'

/** One attempt at a job, as its handler sees it. */
export interface Attempt {
  readonly job: JobRow
  readonly db: Db
  readonly log: Logger
  /** Aborted when the job was lost to another worker, or this one is to end: `work` has to stop soon. */
  readonly signal: AbortSignal
  /** Shows how far the job is; at most once a second reaches the database. Throws ServiceError `JOB_SUPERSEDED`. */
  readonly progress: (done: number, total: number) => Promise<void>
  /** Commits what `work` does, unless another worker has the job: ServiceError `JOB_SUPERSEDED` then. */
  readonly commit: (work: (tx: Tx) => Promise<void>) => Promise<void>
  /**
   * Commits a step, with what `work` does in the same transaction: a later attempt finds `cursor` in its job.
   * Throws ServiceError `JOB_SUPERSEDED`, and nothing is committed, when another worker has the job.
   */
  readonly step: (cursor: string, work?: (tx: Tx) => Promise<void>) => Promise<void>
}

/** What the last transaction of a job does beside ending it; undefined for nothing. */
export type LastStep = ((tx: Tx) => Promise<void>) | undefined

/** How jobs of one type are done. */
export interface JobType {
  /**
   * Does the job: any number of times, also at the same time in several workers, of which only the last one that began may
   * commit. What it throws is tried again; `FormatError` and `InvariantError` a few times, all else for about a day.
   */
  run(attempt: Attempt): Promise<LastStep>
  /** Records that the job was given up, in the transaction that fails it. */
  failed(tx: Tx, job: JobRow, code: string): Promise<void>
}

export type JobTypes = Readonly<Record<WorkType, JobType>>

/** An attempt that ended. */
export interface AttemptEnded {
  type: string
  outcome: 'succeeded' | 'failed' | 'retried' | 'lost'
  durationMs: number
}
