import type { Logger } from '@millrace/core'
import { partOf } from '@millrace/telemetry'
import type { Consumer, JobOutcome, JobPayloads, Queues } from '@millrace/jobs'

type LongQueue = 'pull' | `push.${string}`

/** Does the work of a job until `signal` is aborted or there is none left. What it returns then decides about the job. */
export type LongWork<N extends LongQueue> = (data: JobPayloads[N], signal: AbortSignal) => Promise<JobOutcome>

export interface LongJobsOptions<N extends LongQueue> {
  queues: Queues
  queue: N
  /** Name of this node in the queue. */
  owner: string
  work: LongWork<N>
  logger: Logger
  /** Jobs that this node runs at the same time, default 500. */
  concurrency?: number
  /** Time after which another node takes over from one that is dead, default 15 s and at most two checks of 5 s. */
  lockMs?: number
  stalledCheckMs?: number
}

/** By then the consumer has closed, so that another node gets the job. */
const GIVE_BACK: JobOutcome = { done: false, againInMs: 500 }

interface Running {
  abort: AbortController
  /** Set from outside: what becomes of the job. */
  outcome: JobOutcome | undefined
  /** Locks on the job that hold: more than one for a moment when the queue was lost and has been filled again. */
  locks: number
  over: Promise<JobOutcome>
}

/** Runs the jobs of a queue whose work lasts: the lock on each is this node's lease on the work. */
export class LongJobs<N extends LongQueue> {
  readonly #options: LongJobsOptions<N>
  readonly #running = new Map<string, Running>()
  #consumer: Consumer | undefined

  constructor(options: LongJobsOptions<N>) {
    this.#options = options
    this.resume()
  }

  /** Takes jobs again. */
  resume(): void {
    if (this.#consumer) return
    const { queues, queue, owner, concurrency = 500, lockMs = 15_000, stalledCheckMs = 5000 } = this.#options
    this.#consumer = queues.consume(queue, ({ id, data }, signal) => this.#run(id, data, signal), {
      owner,
      concurrency,
      lockMs,
      stalledCheckMs,
    })
  }

  /** Nobody wants this job any more. */
  stop(jobId: string): void {
    this.#end(jobId, { done: true })
  }

  /** Takes no more jobs, and gives back those that run, for another node. */
  async handOver(): Promise<void> {
    const consumer = this.#consumer
    this.#consumer = undefined
    // first, so that this node doesn't take what it gives back
    const closed = consumer?.close()
    for (const id of this.#running.keys()) this.#end(id, GIVE_BACK)
    await closed
  }

  #end(jobId: string, outcome: JobOutcome): void {
    const running = this.#running.get(jobId)
    if (!running) return
    running.outcome = outcome
    running.abort.abort()
  }

  async #run(id: string, data: JobPayloads[N], lost: AbortSignal): Promise<JobOutcome> {
    // a consumer that closes may be given one more job
    if (!this.#consumer) return GIVE_BACK
    const { logger, queue } = this.#options
    while (this.#running.get(id)?.abort.signal.aborted) await this.#running.get(id)?.over.catch(() => {})
    // the queue was lost and has the job again: the work that runs here goes on under the new lock
    const running = this.#running.get(id) ?? this.#begin(id, data)
    running.locks++
    const unlocked = Promise.withResolvers<JobOutcome>()
    const unlock = (): void => {
      running.locks--
      logger.warn({ queue, job: id, goes_on: running.locks > 0 }, 'the lease on a long job was lost')
      if (running.locks === 0) running.abort.abort()
      else unlocked.resolve(GIVE_BACK)
    }
    lost.addEventListener('abort', unlock)
    try {
      const outcome = await Promise.race([running.over, unlocked.promise])
      return running.outcome ?? outcome
    } finally {
      lost.removeEventListener('abort', unlock)
    }
  }

  #begin(id: string, data: JobPayloads[N]): Running {
    const { logger, queue, work } = this.#options
    logger.debug({ queue, job: id }, 'long job taken')
    const abort = new AbortController()
    const over = partOf(data.traceparent, () => work(data, abort.signal)).finally(() => this.#running.delete(id))
    const running: Running = { abort, outcome: undefined, locks: 0, over }
    this.#running.set(id, running)
    return running
  }
}
