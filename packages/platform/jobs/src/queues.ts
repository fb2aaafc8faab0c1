import { InvariantError, silentLogger, type Logger } from '@millrace/core'
import { DelayedError, type IQueueBackend, type Job, type Queue } from 'bullmq'

import { openBackend, type Backend } from './backend.ts'
import type {
  ConsumeOptions,
  Consumer,
  JobHandler,
  JobPayloads,
  NewJob,
  ObservedJob,
  QueueName,
  RunningJob,
} from './payloads.ts'
import { NAMESPACE } from './schema.ts'

export interface QueuesOptions {
  /** Postgres connections for commands, default 4; each consumer adds one of its own. */
  poolSize?: number
  log?: Logger
}

/** Jobs whose handler threw are tried again: how often, and the first delay, which doubles. */
const FAILURE_TRIES = 10
const FAILURE_DELAY_MS = 1000

const NEVER = new AbortController().signal

type AnyQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend, unknown>

/**
 * Connects to the job queues, on Redis (`redis://`, `rediss://`) or Postgres (`postgres://`, schema `bullmq`, made on first use).
 * A Postgres URL must reach the server itself: LISTEN does not pass a transaction pooler.
 * Throws `QUEUE_URL_INVALID` or `QUEUE_UNREACHABLE`.
 */
export async function openQueues(url: string, options: QueuesOptions = {}): Promise<Queues> {
  const { poolSize = 4, log = silentLogger } = options
  return new Queues(await openBackend(url, { poolSize, log }), log)
}

/** The job queues of one process. The queue may be lost at any time: whoever adds jobs can say again which are due. */
export class Queues implements AsyncDisposable {
  readonly #backend: Backend
  readonly #log: Logger
  // kept for the process's life: each one adds listeners to the shared connection that BullMQ never takes off
  readonly #queues = new Map<QueueName, AnyQueue>()
  readonly #consumers = new Set<Consumer>()
  #closing: Promise<void> | undefined

  /** Use `openQueues`. */
  constructor(backend: Backend, log: Logger) {
    this.#backend = backend
    this.#log = log
  }

  /** Puts jobs into a queue, in this order. Rejects at once while the store is away. */
  async add<N extends QueueName>(name: N, jobs: readonly NewJob<N>[]): Promise<void> {
    if (jobs.length === 0) return
    const entries = jobs.map(({ id, data, delayMs = 0 }) => ({ name, data, opts: { jobId: id, delay: delayMs } }))
    await this.#queue(name).addBulk(entries)
  }

  /** Forgets jobs that wait or are delayed; one that runs, or isn't there, is left alone. */
  async remove(name: QueueName, ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#queue(name).remove(id)))
  }

  /** Jobs that wait, are delayed or run. */
  async size(name: QueueName): Promise<number> {
    const counts = await this.#queue(name).getJobCounts('waiting', 'delayed', 'active', 'prioritized')
    return Object.values(counts).reduce((sum, count) => sum + count, 0)
  }

  /** All jobs of a queue, meant for queues of few long jobs. One that changes its state meanwhile may be missing. */
  async list<N extends QueueName>(name: N): Promise<ObservedJob<N>[]> {
    const queue = this.#queue(name)
    const [waiting, active] = await Promise.all([
      queue.getJobs(['waiting', 'delayed', 'prioritized']),
      queue.getJobs('active'),
    ])
    return [...observe<N>(waiting, false), ...observe<N>(active, true)]
  }

  /** Forgets every job of a queue, running ones too. */
  async clear(name: QueueName): Promise<void> {
    await this.#queue(name).obliterate({ force: true })
  }

  /** Runs `handler` for each job of a queue until the consumer is closed. */
  consume<N extends QueueName>(name: N, handler: JobHandler<N>, options: ConsumeOptions = {}): Consumer {
    const { concurrency = 10, lockMs = 30_000, stalledCheckMs = 10_000, owner } = options
    const handle = (job: Job, token?: string, signal?: AbortSignal): Promise<void> =>
      run(job, token, handler, { signal, owner })
    const worker = new this.#backend.classes.Worker(name, handle, {
      connection: this.#backend.consumer(),
      prefix: NAMESPACE,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      // a process that dies while it runs a job is no fault of the job
      maxStalledCount: 1000,
      runRetryDelay: 1000,
    })
    worker.on('error', (err) => this.#log.warn({ err, queue: name }, 'queue consumer'))
    worker.on('failed', (job, err) => this.#log.warn({ err, queue: name, job: job?.id }, 'job failed'))
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) worker.cancelJob(id, 'the lock on the job is lost')
    })
    let closing: Promise<void> | undefined
    const close = (): Promise<void> =>
      (closing ??= worker.close().finally(() => {
        this.#consumers.delete(consumer)
        this.#backend.consumerClosed()
      }))
    const consumer: Consumer = { close, [Symbol.asyncDispose]: close }
    this.#consumers.add(consumer)
    return consumer
  }

  /** Closes the consumers, which finish their running jobs, then the queues and the connections. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()))
    await this.#backend.close()
  }

  #queue(name: QueueName): AnyQueue {
    if (this.#closing) throw new InvariantError('QUEUE_CLOSED', 'the queues have been closed')
    let queue = this.#queues.get(name)
    if (!queue) {
      queue = new this.#backend.classes.Queue(name, {
        connection: this.#backend.producer,
        prefix: NAMESPACE,
        defaultJobOptions: {
          attempts: FAILURE_TRIES,
          backoff: { type: 'exponential', delay: FAILURE_DELAY_MS },
          // the id of a finished job must be free again
          removeOnComplete: true,
          removeOnFail: true,
        },
      }) as AnyQueue
      queue.on('error', (err) => this.#log.warn({ err, queue: name }, 'queue'))
      this.#queues.set(name, queue)
    }
    return queue
  }
}

function observe<N extends QueueName>(jobs: readonly unknown[], running: boolean): ObservedJob<N>[] {
  return jobs.flatMap((job) => {
    // one that ends while it is read has no data any more
    const { id, data, progress } = (job ?? {}) as Partial<Job>
    if (id === undefined || data === undefined) return []
    const owner = running && typeof progress === 'string' ? progress : undefined
    return [{ id, data: data as JobPayloads[N], running, owner }]
  })
}

async function run<N extends QueueName>(
  job: Job,
  token: string | undefined,
  handler: JobHandler<N>,
  { signal = NEVER, owner }: { signal: AbortSignal | undefined; owner: string | undefined },
): Promise<void> {
  if (job.id === undefined) throw new InvariantError('JOB_WITHOUT_ID', 'a job came without an id')
  if (owner !== undefined) await job.updateProgress(owner)
  const running: RunningJob<N> = { id: job.id, data: job.data as JobPayloads[N] }
  const outcome = await handler(running, signal)
  if (outcome.done || signal.aborted) return
  await job.moveToDelayed(Date.now() + outcome.againInMs, token)
  throw new DelayedError()
}
