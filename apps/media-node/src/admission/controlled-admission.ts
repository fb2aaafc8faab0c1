import { createHash } from 'node:crypto'

import { isPlaybackToken } from '@millrace/auth'
import { admitAnswerSchema, admitRequestSchema, type AdmitAnswer, type AdmitRequest } from '@millrace/contracts'
import { errorCode, errorMessage, type Logger } from '@millrace/core'

import type { ControlClient } from '../node-link/control-client.ts'
import { AdmissionError, type Admission, type AdmissionRequest, type Grant } from './admission.ts'
import type { GrantStore, StoredGrant } from './grant-store.ts'
import type { PlaybackGuard } from './playback-guard.ts'

/** Answers kept; the oldest go first. */
const MAX_CACHED = 10_000
/** Questions under way at once: whoever asks for more than the control plane can answer is to come back. */
const MAX_ASKING = 1000

interface Cached {
  answer: AdmitAnswer
  freshUntilMs: number
}

/** A question that is on its way. */
interface Asking {
  /** The client whose question it is. */
  askedBy: string
  answer: Promise<AdmitAnswer>
}

export interface ControlledAdmissionDeps {
  control: ControlClient
  /** Undefined until the node is registered. */
  nodeId: () => string | undefined
  nowMs: () => number
  logger: Logger
  /** Decides about single viewers; without it a grant is for all. */
  playback?: Pick<PlaybackGuard, 'admit'>
  /** Keeps grants over restarts. */
  store?: GrantStore
}

/**
 * Asks the control plane, and remembers its answers as long as they say. While it can't be reached, what was
 * granted before stays granted, so that known publishers and players go on.
 */
export class ControlledAdmission implements Admission {
  readonly #deps: ControlledAdmissionDeps
  readonly #cache = new Map<string, Cached>()
  readonly #asking = new Map<string, Asking>()

  constructor(deps: ControlledAdmissionDeps) {
    this.#deps = deps
    for (const [id, answer] of deps.store?.loaded ?? []) this.#cache.set(id, { answer, freshUntilMs: 0 })
  }

  async admit(request: AdmissionRequest): Promise<Grant> {
    const answer = await this.#answer(withoutPlaybackToken(request))
    if (!answer.allow) throw new AdmissionError(answer.code, answer.reason)
    const { vhost, app, stream, stream_id: streamId, key_id: keyId, epoch = null, limits, archive = null } = answer
    const key = { vhost, app, name: stream }
    const grant: Grant = { key, streamId, keyId, epoch, archive, ...(limits && { limits }) }
    const { playback } = answer
    if (request.action !== 'play') return grant
    grant.corsOrigins = answer.cors_origins
    if (!playback) return grant
    const pass = await this.#deps.playback?.admit(request, playback, { vhost, known: streamId !== null })
    return pass ? { ...grant, pass } : grant
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
    const shared = requestId(request)
    const own = ownId(shared, request)
    const id = this.#cache.get(shared)?.answer.per_client === true ? own : shared
    const cached = this.#cache.get(id)
    if (cached && cached.freshUntilMs > this.#deps.nowMs()) return cached.answer
    try {
      let { answer, askedBy } = await this.#ask(id, own, request)
      // it was the answer to somebody else
      if (answer.per_client === true && askedBy !== own) ({ answer, askedBy } = await this.#ask(own, own, request))
      this.#remember(id, answer)
      if (answer.per_client === true) this.#remember(own, answer)
      return answer
    } catch (error) {
      // the lease that came with it may be another's by now
      if (cached?.answer.allow) return { ...cached.answer, epoch: null }
      if (error instanceof AdmissionError) throw error
      this.#deps.logger.error(
        { code: errorCode(error), error: errorMessage(error) },
        'nobody could decide on admission',
      )
      throw new AdmissionError('ADMISSION_UNAVAILABLE', 'the server cannot check permissions at the moment, try again')
    }
  }

  /** One question at a time for all that want the same. */
  async #ask(id: string, own: string, request: AdmissionRequest): Promise<{ answer: AdmitAnswer; askedBy: string }> {
    let asking = this.#asking.get(id)
    if (!asking) {
      if (this.#asking.size >= MAX_ASKING)
        throw new AdmissionError('ADMISSION_UNAVAILABLE', 'too many ask at the moment, try again')
      asking = { askedBy: own, answer: this.#post(request).finally(() => this.#asking.delete(id)) }
      this.#asking.set(id, asking)
    }
    return { answer: await asking.answer, askedBy: asking.askedBy }
  }

  async #post(request: AdmissionRequest): Promise<AdmitAnswer> {
    const nodeId = this.#deps.nodeId()
    if (nodeId === undefined)
      throw new AdmissionError('ADMISSION_UNAVAILABLE', 'not registered at the control plane yet')
    const wire = admitRequestSchema.safeParse(toWire(nodeId, request))
    if (!wire.success) throw new AdmissionError('REQUEST_INVALID', 'a name or parameter is too long')
    return admitAnswerSchema.parse(await this.#deps.control.post('/node/v1/admit', wire.data))
  }

  #remember(id: string, answer: AdmitAnswer): void {
    this.#cache.delete(id)
    this.#cache.set(id, { answer, freshUntilMs: this.#deps.nowMs() + answer.ttl_s * 1000 })
    const oldest = this.#cache.keys().next()
    if (this.#cache.size > MAX_CACHED && !oldest.done) this.#cache.delete(oldest.value)
    if (answer.allow) this.#deps.store?.changed(() => this.#granted())
  }

  *#granted(): Generator<StoredGrant> {
    for (const [id, { answer }] of this.#cache) if (answer.allow) yield [id, answer]
  }
}

/** A playback token is for the node to judge: to the control plane, a thousand viewers with one each ask the same. */
function withoutPlaybackToken(request: AdmissionRequest): AdmissionRequest {
  const { token, ...params } = request.params
  return token !== undefined && isPlaybackToken(token) ? { ...request, params } : request
}

/** The question of one client, for vhosts whose rules or hook look at it. */
function ownId(shared: string, { client }: AdmissionRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([shared, client.ip, client.pageUrl ?? null]))
    .digest('base64')
}

/** The client's address and program are no part of it: a thousand players of one stream are one question. */
function requestId({ action, protocol, vhost, app, stream, params }: AdmissionRequest): string {
  const sorted = Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([action, protocol, vhost, app, stream, sorted]))
    .digest('base64')
}

function toWire(
  nodeId: string,
  { action, protocol, vhost, app, stream, params, client }: AdmissionRequest,
): AdmitRequest {
  return {
    action,
    protocol,
    vhost,
    app,
    stream,
    node_id: nodeId,
    params: { ...params },
    client: {
      ip: client.ip,
      ...(client.userAgent === undefined ? {} : { user_agent: client.userAgent.slice(0, 512) }),
      ...(client.pageUrl === undefined ? {} : { page_url: client.pageUrl.slice(0, 2048) }),
    },
  }
}
