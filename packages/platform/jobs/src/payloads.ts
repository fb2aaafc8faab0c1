/** Every queue, and what each of its jobs carries. A job carries ids, not state: Postgres has the state. */
export interface JobPayloads {
  /** One webhook delivery that is due; the job id is the delivery id. */
  'webhook-deliveries': { delivery_id: string }
}

/** Name of a queue. */
export type QueueName = keyof JobPayloads

/** A job to be put into a queue. */
export interface NewJob<N extends QueueName> {
  /** Of the work itself. While a job with this id exists, adding it again changes nothing. No colon, not a bare number. */
  id: string
  data: JobPayloads[N]
  /** Not before this many milliseconds from now, default 0. */
  delayMs?: number
}

/** A job in the hands of a worker. */
export interface RunningJob<N extends QueueName> {
  id: string
  data: JobPayloads[N]
}

/** What became of a job: done for good, or to be run again after a while under the same id. */
export type JobOutcome = { done: true } | { done: false; againInMs: number }

/** Does one job. What it throws counts as a failed try: the job is tried again with growing delay. */
export type JobHandler<N extends QueueName> = (job: RunningJob<N>) => Promise<JobOutcome>

export interface ConsumeOptions {
  /** Jobs run at the same time by this consumer, default 10. */
  concurrency?: number
  /** The lock on a running job, renewed while its process lives; another consumer takes over after it, default 30 000 ms. */
  lockMs?: number
  /** Pause between searches for jobs whose lock ran out, default 10 000 ms. */
  stalledCheckMs?: number
}

/** A running consumer. */
export interface Consumer extends AsyncDisposable {
  /** Takes no more jobs, waits for the running ones. */
  close(): Promise<void>
}
