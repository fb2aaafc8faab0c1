import { Worker } from 'node:worker_threads'

import { CodedError, errorMessage, type Logger } from '@millrace/core'
import type { Scheduler } from '@millrace/hub'

import type { Engine, EngineListener, EngineStream } from './engine.ts'
import type { Answer, Order, StreamFormat } from './messages.ts'

export interface WorkerPoolOptions {
  readonly logger: Logger
  readonly scheduler: Scheduler
  /** Most threads. */
  readonly maxWorkers: number
  /** A thread without streams ends after so long. */
  readonly idleMs: number
}

/** A thread that has so many streams gets company, if there may be another. */
const STREAMS_PER_WORKER = 16

/** Codecs of FFmpeg in threads of this process, which begin when there is work and end when there is none. */
export class WorkerPool implements Engine {
  readonly #options: WorkerPoolOptions
  readonly #workers = new Set<CodecWorker>()
  #closed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
  }

  /**
   * Starts the first thread.
   *
   * @throws CodedError `TRANSCODE_UNAVAILABLE` when it can't load the codecs
   */
  async start(): Promise<void> {
    await this.#startWorker().ready
  }

  open(format: StreamFormat, listener: EngineListener): EngineStream {
    if (this.#closed) throw new CodedError('TRANSCODE_CLOSED', 'no sound is transcoded any more')
    const [quietest] = [...this.#workers].sort((one, other) => one.size - other.size)
    const isFull = !quietest || (quietest.size >= STREAMS_PER_WORKER && this.#workers.size < this.#options.maxWorkers)
    return (isFull ? this.#startWorker() : quietest).open(format, listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#workers].map((worker) => worker.close()))
  }

  #startWorker(): CodecWorker {
    const worker = new CodecWorker(this.#options, () => this.#workers.delete(worker))
    this.#workers.add(worker)
    return worker
  }
}

/** One thread and its streams. */
class CodecWorker {
  /** Rejects with a CodedError when the codecs can't be loaded. */
  readonly ready: Promise<void>
  readonly #options: WorkerPoolOptions
  readonly #onEnded: () => void
  readonly #worker: Worker
  readonly #streams = new Map<number, EngineListener>()
  readonly #loaded = Promise.withResolvers<void>()
  #nextId = 1
  #orders: Order[] = []
  #cancelIdle: (() => void) | undefined
  #ended = false

  constructor(options: WorkerPoolOptions, onEnded: () => void) {
    this.#options = options
    this.#onEnded = onEnded
    this.ready = this.#loaded.promise
    // who opens a stream is told of it as its failure
    this.ready.catch(() => {})
    this.#worker = new Worker(new URL('./transcode-worker.ts', import.meta.url), { name: 'sound codecs' })
    // a program that has nothing else to do may end
    this.#worker.unref()
    this.#worker.on('message', (answers: readonly Answer[]) => answers.forEach((answer) => this.#hear(answer)))
    this.#worker.on('error', (cause) => this.#end(new CodedError('TRANSCODE_WORKER', errorMessage(cause), { cause })))
    this.#worker.on('exit', (status) =>
      this.#end(new CodedError('TRANSCODE_WORKER', `the thread of the sound codecs ended (${status})`)),
    )
  }

  get size(): number {
    return this.#streams.size
  }

  open(format: StreamFormat, listener: EngineListener): EngineStream {
    this.#cancelIdle?.()
    const id = this.#nextId++
    this.#streams.set(id, listener)
    this.#send({ kind: 'open', id, format })
    return {
      push: (payload, pts) => {
        // a view would take all it is a view of along
        if (this.#streams.has(id)) this.#send({ kind: 'frame', id, payload: Uint8Array.from(payload), pts })
      },
      close: () => {
        if (!this.#streams.has(id)) return
        this.#send({ kind: 'close', id })
        this.#forget(id)
      },
    }
  }

  /** Ends the thread, and says nothing to its streams; resolves when it has. */
  async close(): Promise<void> {
    this.#streams.clear()
    this.#end(new CodedError('TRANSCODE_CLOSED', 'no sound is transcoded any more'))
    await this.#worker.terminate()
  }

  /** What is said within one turn of the loop goes as one message. */
  #send(order: Order): void {
    if (this.#orders.push(order) > 1) return
    setImmediate(() => {
      const orders = this.#orders
      this.#orders = []
      if (!this.#ended) this.#worker.postMessage(orders)
    })
  }

  #hear(answer: Answer): void {
    switch (answer.kind) {
      case 'ready':
        this.#loaded.resolve()
        if (this.#streams.size === 0) this.#awaitIdle()
        return undefined
      case 'unavailable':
        return this.#end(new CodedError('TRANSCODE_UNAVAILABLE', answer.reason))
      case 'frame':
        return this.#streams.get(answer.id)?.frame(answer.payload, answer.pts)
      case 'done':
        return this.#streams.get(answer.id)?.done(answer.frames)
      case 'failed': {
        const listener = this.#streams.get(answer.id)
        this.#forget(answer.id)
        return listener?.failed(new CodedError(answer.code, answer.reason))
      }
    }
  }

  #forget(id: number): void {
    if (this.#streams.delete(id) && this.#streams.size === 0) this.#awaitIdle()
  }

  #awaitIdle(): void {
    this.#cancelIdle?.()
    this.#cancelIdle = this.#options.scheduler.after(this.#options.idleMs, () => void this.close())
  }

  #end(reason: CodedError): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancelIdle?.()
    this.#onEnded()
    this.#loaded.reject(reason)
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    if (streams.length > 0)
      this.#options.logger.error(
        { code: reason.code, reason: reason.message, streams: streams.length },
        'sound codecs ended',
      )
    for (const listener of streams) listener.failed(reason)
  }
}
