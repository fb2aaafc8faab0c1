/** A job that is part of a trace. */
export interface Traced {
  /** W3C trace context of what wanted it. */
  traceparent?: string
}

/** What the job of a pull source says; where to pull from is asked of the control plane, as it may be secret. */
export interface PullJob extends Traced {
  stream_id: string
}

/** What the job of a push says; address and credential are asked of the control plane. */
export interface PushJob extends Traced {
  push_target_id: string
  stream_id: string
  /** The broadcast to push; the job is over when it is. */
  session_id: string
}

/** What a node is to do now. */
export type NodeJob =
  /** As `nodeCommandSchema` of the contracts says; the job id is the command's. */
  | ({ command: unknown } & Traced)
  /** Nobody wants this job any more: end it, if it runs here. */
  | { stop: { queue: 'pull' | 'push'; job_id: string } }

/**
 * Every queue, and what each of its jobs carries. Postgres has the state that jobs are about, and can refill any queue.
 *
 * A job of `pull` and `push.<node id>` lasts as long as its work does: the lock on the job is the lease on the work, which
 * passes to another consumer when its process dies. Any node may pull; a push runs where its stream is published.
 */
export interface JobPayloads {
  /** One webhook delivery that is due; the job id is the delivery id. */
  'webhook-deliveries': { delivery_id: string }
  /** A row of `jobs` whose time has come; the job id is the row's. */
  work: { job_id: string }
  pull: PullJob
  [push: `push.${string}`]: PushJob
  /** Commands for one node, in order. */
  [commands: `node.${string}`]: NodeJob
}

/** Name of a queue. */
export type QueueName = keyof JobPayloads

/** Queue of the commands for a node. */
export const commandQueue = (nodeId: string): `node.${string}` => `node.${nodeId}`
/** Queue of the pushes of streams that are published at a node. */
export const pushQueue = (nodeId: string): `push.${string}` => `push.${nodeId}`

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

/** A job as seen from outside. */
export interface ObservedJob<N extends QueueName> extends RunningJob<N> {
  /** Whether it runs, or did when its consumer died a moment ago. */
  running: boolean
  /** The consumer that runs it; undefined where none does or it has not said. */
  owner: string | undefined
}

/** What became of a job: done for good, or to be run again after a while under the same id, by any consumer. */
export type JobOutcome = { done: true } | { done: false; againInMs: number }

/**
 * Does one job. What it throws counts as a failed try: the job is tried again with growing delay.
 *
 * `signal` is aborted when the lock is found lost: the job was forgotten or another consumer has it, so this one has to
 * stop, and what it returns counts for nothing. While the store can't be reached the job goes on.
 */
export type JobHandler<N extends QueueName> = (job: RunningJob<N>, signal: AbortSignal) => Promise<JobOutcome>

export interface ConsumeOptions {
  /** Jobs run at the same time by this consumer, default 10. */
  concurrency?: number
  /** The lock on a running job, renewed while its process lives; another consumer takes over after it, default 30 000 ms. */
  lockMs?: number
  /** Pause between searches for jobs whose lock ran out, default 10 000 ms. */
  stalledCheckMs?: number
  /** Name that `list` tells of this consumer's jobs. */
  owner?: string
}

/** A running consumer. */
export interface Consumer extends AsyncDisposable {
  /** Takes no more jobs, waits for the running ones. */
  close(): Promise<void>
}
