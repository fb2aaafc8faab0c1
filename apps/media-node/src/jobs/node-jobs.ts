import { setTimeout as delay } from 'node:timers/promises'

import { backoffMs, errorCode, errorMessage, type Logger } from '@millrace/core'
import { partOf } from '@millrace/telemetry'
import { commandQueue, openQueues, pushQueue, type NodeJob, type Queues } from '@millrace/jobs'

import { LongJobs, type LongWork } from './long-jobs.ts'

export interface NodeJobsDeps {
  url: string
  /** Carries out a command; answers for itself. */
  command: (raw: unknown) => Promise<void>
  pull: LongWork<'pull'>
  push: LongWork<`push.${string}`>
  logger: Logger
}

/** A queue that can't be reached holds up nobody's end for longer; the locks run out then. */
const CLOSE_GRACE_MS = 1500
/** Commands wait for nothing but a drain, so the lock can be short. */
const COMMAND_LOCK = { lockMs: 10_000, stalledCheckMs: 5000 }

/** What the node takes from the job queues: its commands, in order, and long work. Media never waits for it. */
export class NodeJobs {
  readonly #deps: NodeJobsDeps
  readonly #closing = new AbortController()
  #opening: Promise<void> | undefined
  #queues: Queues | undefined
  #pulls: LongJobs<'pull'> | undefined
  #pushes: LongJobs<`push.${string}`> | undefined
  #handedOver = false

  constructor(deps: NodeJobsDeps) {
    this.#deps = deps
  }

  /** Begins to take jobs, as soon as the queues answer. Another call changes nothing. */
  start(nodeId: string): void {
    this.#opening ??= this.#open(nodeId)
  }

  /** Gives pulls to other nodes and takes no more. Pushes stay with the streams that are published here. */
  async handOver(): Promise<void> {
    this.#handedOver = true
    await this.#pulls?.handOver()
  }

  takeBack(): void {
    this.#handedOver = false
    this.#pulls?.resume()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const timer = AbortSignal.timeout(CLOSE_GRACE_MS)
    await Promise.race([this.#handBackAll(), new Promise((resolve) => timer.addEventListener('abort', resolve))])
  }

  async #handBackAll(): Promise<void> {
    await this.#opening
    await Promise.all([this.#pulls?.handOver(), this.#pushes?.handOver()])
    await this.#queues?.close()
  }

  async #open(nodeId: string): Promise<void> {
    const { logger, pull, push } = this.#deps
    const queues = await this.#connect()
    if (!queues) return
    this.#queues = queues
    queues.consume(commandQueue(nodeId), ({ data }) => this.#take(data), { concurrency: 1, ...COMMAND_LOCK })
    const common = { queues, owner: nodeId, logger }
    this.#pushes = new LongJobs({ ...common, queue: pushQueue(nodeId), work: push })
    this.#pulls = new LongJobs({ ...common, queue: 'pull', work: pull })
    if (this.#handedOver) await this.#pulls.handOver()
    logger.info({}, 'taking jobs')
  }

  async #connect(): Promise<Queues | undefined> {
    const { url, logger } = this.#deps
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await openQueues(url, { log: logger, poolSize: 2 })
      } catch (error) {
        logger.warn({ code: errorCode(error), error: errorMessage(error) }, 'no jobs: the queue is not reached')
        await delay(backoffMs(failures), undefined, { signal }).catch(() => {})
      }
    }
    return undefined
  }

  async #take(job: NodeJob): Promise<{ done: true }> {
    if ('command' in job) await partOf(job.traceparent, () => this.#deps.command(job.command))
    else (job.stop.queue === 'pull' ? this.#pulls : this.#pushes)?.stop(job.stop.job_id)
    return { done: true }
  }
}
