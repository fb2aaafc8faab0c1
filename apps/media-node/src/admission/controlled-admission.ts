import { createHash } from 'node:crypto'

import { admitAnswerSchema, type AdmitAnswer, type AdmitRequest } from '@millrace/contracts'
import { errorCode, errorMessage, type Logger } from '@millrace/core'

import type { ControlClient } from '../node-link/control-client.ts'
import { AdmissionError, type Admission, type AdmissionRequest, type Grant } from './admission.ts'

/** Answers kept; the oldest go first. */
const MAX_CACHED = 10_000

interface Cached {
  answer: AdmitAnswer
  freshUntilMs: number
}

export interface ControlledAdmissionDeps {
  control: ControlClient
  /** Undefined until the node is registered. */
  nodeId: () => string | undefined
  nowMs: () => number
  logger: Logger
}

/**
 * Asks the control plane, and remembers its answers as long as they say. While it can't be reached, what was
 * granted before stays granted, so that known publishers and players go on.
 */
export class ControlledAdmission implements Admission {
  readonly #deps: ControlledAdmissionDeps
  readonly #cache = new Map<string, Cached>()
  readonly #asking = new Map<string, Promise<AdmitAnswer>>()

  constructor(deps: ControlledAdmissionDeps) {
    this.#deps = deps
  }

  async admit(request: AdmissionRequest): Promise<Grant> {
    const answer = await this.#answer(request)
    if (!answer.allow) throw new AdmissionError(answer.code, answer.reason)
    const { vhost, app, stream, stream_id: streamId, key_id: keyId } = answer
    return { key: { vhost, app, name: stream }, streamId, keyId }
  }

  /** What rests on a stream's settings is asked anew, of all streams when null; while nobody can be asked, it holds. */
  forget(streamId: string | null): void {
    for (const cached of this.#cache.values()) {
      const { answer } = cached
      // a refusal doesn't tell whose it is
      if (streamId === null || !answer.allow || answer.stream_id === streamId) cached.freshUntilMs = 0
    }
  }

  async #answer(request: AdmissionRequest): Promise<AdmitAnswer> {
    const id = requestId(request)
    const cached = this.#cache.get(id)
    if (cached && cached.freshUntilMs > this.#deps.nowMs()) return cached.answer
    try {
      const answer = await this.#ask(id, request)
      this.#remember(id, answer)
      return answer
    } catch (error) {
      if (cached?.answer.allow) return cached.answer
      this.#deps.logger.error(
        { code: errorCode(error), error: errorMessage(error) },
        'nobody could decide on admission',
      )
      throw new AdmissionError('ADMISSION_UNAVAILABLE', 'the server cannot check permissions at the moment, try again')
    }
  }

  /** One question at a time for all that want the same. */
  #ask(id: string, request: AdmissionRequest): Promise<AdmitAnswer> {
    let asking = this.#asking.get(id)
    if (!asking) {
      asking = this.#post(request).finally(() => this.#asking.delete(id))
      this.#asking.set(id, asking)
    }
    return asking
  }

  async #post(request: AdmissionRequest): Promise<AdmitAnswer> {
    const nodeId = this.#deps.nodeId()
    if (nodeId === undefined)
      throw new AdmissionError('ADMISSION_UNAVAILABLE', 'not registered at the control plane yet')
    return admitAnswerSchema.parse(await this.#deps.control.post('/node/v1/admit', toWire(nodeId, request)))
  }

  #remember(id: string, answer: AdmitAnswer): void {
    this.#cache.delete(id)
    this.#cache.set(id, { answer, freshUntilMs: this.#deps.nowMs() + answer.ttl_s * 1000 })
    if (this.#cache.size <= MAX_CACHED) return
    const oldest = this.#cache.keys().next()
    if (!oldest.done) this.#cache.delete(oldest.value)
  }
}

/** The client's address and program are no part of it: a thousand players of one stream are one question. */
function requestId({ action, protocol, vhost, app, stream, params }: AdmissionRequest): string {
  const sorted = Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([action, protocol, vhost, app, stream, sorted]))
    .digest('base64')
}

function toWire(nodeId: string, { client, params, ...request }: AdmissionRequest): AdmitRequest {
  return {
    ...request,
    node_id: nodeId,
    params: { ...params },
    client: {
      ip: client.ip,
      ...(client.userAgent === undefined ? {} : { user_agent: client.userAgent.slice(0, 512) }),
      ...(client.pageUrl === undefined ? {} : { page_url: client.pageUrl.slice(0, 2048) }),
    },
  }
}
