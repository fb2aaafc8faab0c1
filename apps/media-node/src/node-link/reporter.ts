import { MAX_REPORTS, nodeReportsAnswerSchema, type NodeReport } from '@millrace/contracts'
import { backoffMs, errorCode, errorMessage, type Logger } from '@millrace/core'
import { activeTraceparent, withoutTraceparent } from '@millrace/telemetry'

import type { ControlClient } from './control-client.ts'
import type { Journal } from './journal.ts'

type WithoutBookkeeping<T> = T extends unknown ? Omit<T, 'seq' | 'at' | 'traceparent'> : never
/** A report before it gets its number and time. */
export type ReportBody = WithoutBookkeeping<NodeReport>

/** Takes what happens on this node; never fails, never blocks media. */
export interface ReportSink {
  report(body: ReportBody): void
}

/** Takes reports that must not be lost. */
export interface ReportRecord extends ReportSink {
  /** Resolves when the report is on disk, or the control plane has it. */
  record(body: ReportBody): Promise<void>
}

export interface ReporterDeps {
  control: ControlClient
  journal: Journal
  bootId: string
  logger: Logger
  /** Wall time in milliseconds. */
  wallMs: () => number
}

/** Reports that others make up for, and those that anybody can cause, are left out while this many wait. */
const MAX_BACKLOG = 10_000
const EXPENDABLE: ReadonlySet<NodeReport['type']> = new Set(['session.progress', 'session.health', 'session.rejected'])

/**
 * Numbers reports, keeps them on disk, and sends them in order in batches until the control plane has confirmed
 * each. While it is away they wait; after a crash the next boot sends them.
 */
export class Reporter implements ReportRecord {
  readonly #deps: ReporterDeps
  #nodeId: string | undefined
  #seq = 0
  #queue: NodeReport[] = []
  /** Who waits until a report can't be lost any more. */
  readonly #unrecorded = new Map<number, () => void>()
  #sending: Promise<void> | undefined
  #closed = false
  #writable = true
  #wake: (() => void) | undefined

  constructor(deps: ReporterDeps) {
    this.#deps = deps
  }

  /** Reports not yet confirmed. */
  get backlog(): number {
    return this.#queue.length
  }

  report(body: ReportBody): void {
    if (this.#queue.length >= MAX_BACKLOG && EXPENDABLE.has(body.type)) return
    this.#add(body)
  }

  record(body: ReportBody): Promise<void> {
    return new Promise((resolve) => this.#unrecorded.set(this.#add(body), resolve))
  }

  #add(body: ReportBody): number {
    const seq = ++this.#seq
    const traceparent = activeTraceparent()
    const report = {
      ...body,
      seq,
      at: new Date(this.#deps.wallMs()).toISOString(),
      ...(traceparent === undefined ? {} : { traceparent }),
    } as NodeReport
    this.#queue.push(report)
    this.#deps.journal.append(report).then(
      () => {
        this.#onDisk(null)
        this.#recorded(seq)
      },
      (error: unknown) => this.#onDisk(error),
    )
    this.#start()
    return seq
  }

  /** The reports up to this one can't be lost any more. */
  #recorded(through: number): void {
    for (const [seq, resolve] of this.#unrecorded) {
      // they are in order
      if (seq > through) return
      this.#unrecorded.delete(seq)
      resolve()
    }
  }

  /** Whether reports reach the disk; a change is logged, each report is not. */
  #onDisk(error: unknown): void {
    const writable = error === null
    if (writable === this.#writable) return
    this.#writable = writable
    const { logger } = this.#deps
    if (writable) logger.info({}, 'the data directory can be written again')
    else
      logger.error(
        { code: errorCode(error), error: errorMessage(error) },
        'reports are kept in memory only: the data directory cannot be written',
      )
  }

  /** Begins to send, now that the node has an id. */
  connect(nodeId: string): void {
    this.#nodeId = nodeId
    this.#start()
  }

  /** Sends what is left, for at most `graceMs`; what remains is on disk for the next boot. */
  async close(graceMs: number): Promise<void> {
    this.#wake?.()
    const timer = AbortSignal.timeout(graceMs)
    await Promise.race([this.#sending, new Promise((resolve) => timer.addEventListener('abort', resolve))])
    this.#closed = true
    this.#wake?.()
  }

  /** Sends the reports of an earlier boot. Throws as ControlClient does. */
  async resend(nodeId: string, bootId: string, reports: readonly NodeReport[]): Promise<void> {
    let left = reports
    while (left.length > 0) {
      const through = await this.#post(nodeId, bootId, left.slice(0, MAX_REPORTS))
      const rest = left.filter(({ seq }) => seq > through)
      // a gap: the rest was numbered after reports that are lost, and will never be taken
      if (rest.length === left.length) return
      left = rest
    }
  }

  #start(): void {
    if (this.#nodeId === undefined || this.#closed || this.#sending || this.#queue.length === 0) return
    // a batch is part of no trace: its reports say which they are part of
    this.#sending = withoutTraceparent(() => this.#sendAll()).finally(() => {
      this.#sending = undefined
      this.#start()
    })
  }

  async #sendAll(): Promise<void> {
    for (let failures = 0; this.#queue.length > 0 && !this.#closed;) {
      // read anew each time: a control plane that had forgotten this node gives it another id
      const nodeId = this.#nodeId as string
      try {
        const through = await this.#post(nodeId, this.#deps.bootId, this.#queue.slice(0, MAX_REPORTS))
        this.#queue = this.#queue.filter(({ seq }) => seq > through)
        this.#recorded(through)
        failures = 0
        if (this.#queue.length === 0) await this.#deps.journal.clear()
      } catch (error) {
        this.#deps.logger.warn(
          { code: errorCode(error), error: errorMessage(error), backlog: this.#queue.length },
          'reports not delivered, trying again',
        )
        await this.#sleep(backoffMs(failures++, { baseMs: 250, maxMs: 10_000 }))
      }
    }
  }

  async #post(nodeId: string, bootId: string, reports: readonly NodeReport[]): Promise<number> {
    const answer = nodeReportsAnswerSchema.parse(
      await this.#deps.control.post('/node/v1/reports', { node_id: nodeId, boot_id: bootId, reports }),
    )
    for (const rejected of answer.rejected)
      this.#deps.logger.error({ ...rejected }, 'report rejected by the control plane')
    return answer.accepted_through
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      timer.unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
