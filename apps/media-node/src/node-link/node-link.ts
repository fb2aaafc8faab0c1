import { randomUUID } from 'node:crypto'
import path from 'node:path'

import {
  MAX_HELD_BROADCASTS,
  nodeHeartbeatAnswerSchema,
  nodeRegisteredSchema,
  type HeldBroadcast,
  type NodeAddresses,
  type NodeLoad,
  type UploadBacklog,
} from '@millrace/contracts'
import { backoffMs, CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'

import { createControlClient, type ControlClient } from './control-client.ts'
import { Journal } from './journal.ts'
import { Reporter } from './reporter.ts'

const HEARTBEAT_MS = 5000
/** Longest wait for the last reports at shutdown. */
const CLOSE_GRACE_MS = 1500

export interface NodeLinkOptions {
  control: { url: string; token: string }
  dataDir: string
  name: string
  version: string
  region: string | undefined
  addresses: () => NodeAddresses
  load: () => NodeLoad
  /** Broadcasts that are on: their leases are renewed. */
  held: () => readonly HeldBroadcast[]
  /** What waits to be uploaded. */
  uploads: () => UploadBacklog[]
  /** These sessions have lost their stream to another publisher. */
  onEvicted: (sessionIds: readonly string[]) => void
  logger: Logger
  /** The node has an id, or control can be reached again after it could not. */
  onLinked?: (nodeId: string) => void
}

/** The node's tie to the control plane: registration, heartbeat and reports. Media never waits for it. */
export class NodeLink {
  readonly control: ControlClient
  readonly reports: Reporter
  readonly #options: NodeLinkOptions
  readonly #journal: Journal
  readonly #bootId: string
  #nodeId: string | undefined
  #relayKey: string | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #linked = false

  private constructor(options: NodeLinkOptions, control: ControlClient, journal: Journal, bootId: string) {
    this.#options = options
    this.control = control
    this.#journal = journal
    this.#bootId = bootId
    this.reports = new Reporter({ control, journal, bootId, logger: options.logger, wallMs: Date.now })
  }

  static async open(options: NodeLinkOptions): Promise<NodeLink> {
    const bootId = randomUUID()
    const journal = await Journal.open(path.join(options.dataDir, 'reports'), bootId)
    return new NodeLink(options, createControlClient(options.control), journal, bootId)
  }

  /** The id the control plane gave; undefined until it has answered. */
  get nodeId(): string | undefined {
    return this.#nodeId
  }

  /** Tells relay tokens for this node from forged ones; undefined until registered. */
  get relayKey(): string | undefined {
    return this.#relayKey
  }

  /** Registers as soon as the control plane answers, then keeps the heartbeat. Resolves after the first try. */
  async start(): Promise<void> {
    await this.#beat(0)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.reports.close(CLOSE_GRACE_MS)
  }

  async #beat(failures: number): Promise<void> {
    let nextMs = HEARTBEAT_MS
    let failed = 0
    try {
      if (this.#nodeId === undefined) await this.#register()
      else await this.#heartbeat(this.#nodeId)
      if (this.#nodeId !== undefined && !this.#linked) this.#options.onLinked?.(this.#nodeId)
      this.#linked = true
    } catch (error) {
      failed = failures + 1
      this.#linked = false
      nextMs = backoffMs(failures, { baseMs: 500, maxMs: HEARTBEAT_MS })
      this.#options.logger.warn(
        { code: errorCode(error), error: errorMessage(error) },
        'control plane not reached, trying again',
      )
    }
    if (!this.#closed) this.#timer = setTimeout(() => void this.#beat(failed), nextMs).unref()
  }

  async #register(): Promise<void> {
    await this.#deliverLeftovers()
    const { name, version, region, addresses } = this.#options
    const body = {
      name,
      boot_id: this.#bootId,
      version,
      addresses: addresses(),
      ...(region === undefined ? {} : { region }),
    }
    const registered = nodeRegisteredSchema.parse(await this.control.post('/node/v1/register', body))
    const nodeId = registered.node_id
    await this.#journal.saveNodeId(nodeId).catch((error: unknown) => this.#notOnDisk(error))
    this.#nodeId = nodeId
    this.#relayKey = registered.relay_key
    this.reports.connect(nodeId)
    this.#options.logger.info({ node_id: nodeId }, 'registered at the control plane')
  }

  /** Reports of earlier boots go first: registering ends what they left open. */
  async #deliverLeftovers(): Promise<void> {
    const nodeId = await this.#journal.nodeId()
    for (const { bootId, reports } of await this.#journal.leftovers()) {
      if (nodeId !== undefined) {
        await this.reports.resend(nodeId, bootId, reports).catch((error: unknown) => {
          if (!isRefusedForGood(error)) throw error
          this.#options.logger.error(
            { boot_id: bootId, reports: reports.length },
            'reports of an earlier boot were refused',
          )
        })
      }
      await this.#journal.forget(bootId).catch((error: unknown) => this.#notOnDisk(error))
    }
  }

  /** The disk is not needed to go on, only to lose nothing at the next crash. */
  #notOnDisk(error: unknown): void {
    this.#options.logger.error(
      { code: errorCode(error), error: errorMessage(error) },
      'the data directory cannot be written',
    )
  }

  async #heartbeat(nodeId: string): Promise<void> {
    try {
      const load = this.#options.load()
      const held = this.#options.held()
      const uploads = this.#options.uploads()
      for (let at = 0; at === 0 || at < held.length; at += MAX_HELD_BROADCASTS) {
        const broadcasts = held.slice(at, at + MAX_HELD_BROADCASTS)
        const body = { node_id: nodeId, boot_id: this.#bootId, load, broadcasts, ...(at === 0 && { uploads }) }
        const answer = nodeHeartbeatAnswerSchema.parse(await this.control.post('/node/v1/heartbeat', body))
        if (answer.evicted && answer.evicted.length > 0) this.#options.onEvicted(answer.evicted)
      }
    } catch (error) {
      if (errorCode(error) === 'CONTROL_REFUSED') this.#nodeId = undefined
      throw error
    }
  }
}

/** For example because the node was deleted. A token that is not valid may become so again. */
function isRefusedForGood(error: unknown): boolean {
  if (!(error instanceof CodedError) || error.code !== 'CONTROL_REFUSED') return false
  const { status } = error.details
  return status !== 401 && status !== 403
}
