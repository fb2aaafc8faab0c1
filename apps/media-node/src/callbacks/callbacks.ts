import {
  srsClientCallback,
  srsCloseCallback,
  srsDvrCallback,
  srsHlsCallback,
  type SrsClientAction,
  type SrsClientFacts,
  type SrsFileFacts,
  type SrsHlsFacts,
} from '@millrace/contracts/plain'
import { CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'

import { AdmissionError, type AdmissionRequest, type Connection } from '../admission/admission.ts'
import type { Visit } from '../admission/visit.ts'
import { checkAnswer, type CallbackAnswer } from './answer.ts'
import { call } from './call.ts'
import { Lanes } from './lanes.ts'
import { notifyUrl } from './notify-url.ts'

/** The URLs of an event, in order. */
type Urls = readonly string[]

/** The `http_hooks` of a vhost. */
export interface Hooks {
  readonly enabled: boolean
  readonly on_connect: Urls
  readonly on_close: Urls
  readonly on_publish: Urls
  readonly on_unpublish: Urls
  readonly on_play: Urls
  readonly on_stop: Urls
  readonly on_dvr: Urls
  readonly on_hls: Urls
  readonly on_hls_notify: Urls
  /** Seconds. */
  readonly timeout: number
  readonly verify: boolean
}

type Event = Exclude<keyof Hooks, 'enabled' | 'timeout' | 'verify'>

/** A client, and what it does. */
export type Caller = Pick<AdmissionRequest, 'protocol' | 'app' | 'stream' | 'param' | 'client'>

export interface CallbacksOptions {
  readonly serverId: string
  /** Those of a vhost as they are at the moment; undefined for a vhost that is no more. */
  readonly hooksOf: (vhost: string) => Hooks | undefined
  readonly logger: Logger
  /** How long calls may go on when the node closes, default 3 s. */
  readonly closeMs?: number
}

/** Calls that may wait or be under way before those that are for information only are left out. */
const MAX_WAITING = 10_000
const NOTIFY_TIMEOUT_MS = 10_000

/**
 * SRS's callbacks: asks backends whether clients may, and tells them what happens. Each client's calls are made one after the
 * other, so that a slow backend delays that client alone.
 *
 * @see SRS 4 `full.conf`, "http_hooks"
 */
export class Callbacks {
  readonly #options: CallbacksOptions
  readonly #lanes = new Lanes()
  readonly #closing = new AbortController()
  /** What `on_close` will tell of connections. */
  readonly #connections = new WeakMap<Connection['lifetime'], SrsClientFacts>()

  constructor(options: CallbacksOptions) {
    this.#options = options
  }

  /**
   * A client has said what it wants of a vhost: `on_close` follows when its connection ends, whatever comes of it.
   *
   * SRS: not for connections that never say what they want, of which a backend knows nothing.
   */
  arrived(caller: Caller & Pick<AdmissionRequest, 'connection'>, vhost: string): void {
    const { connection } = caller
    if (!connection) return
    const { lifetime } = connection
    const known = this.#connections.has(lifetime)
    this.#connections.set(lifetime, this.#facts(caller, vhost))
    if (!known) lifetime.whenOver(() => this.#closed(connection))
  }

  /** @throws AdmissionError `CALLBACK_…` when the client may not connect */
  connect(caller: Caller, vhost: string): Promise<void> {
    const facts = this.#facts(caller, vhost)
    if (this.#urls('on_connect', vhost).length === 0) return Promise.resolve()
    return this.#lanes.do(facts.clientId, () => this.#askAll('on_connect', facts))
  }

  /**
   * Asks whether a client may publish; `on_unpublish` follows when the visit is over.
   *
   * @throws AdmissionError `CALLBACK_…`
   */
  publish(caller: Caller, vhost: string, visit: Visit): Promise<void> {
    return this.#begin(['on_publish', 'on_unpublish'], this.#facts(caller, vhost), visit)
  }

  /**
   * Asks whether a client may play; `on_stop` follows when the visit is over.
   *
   * @throws AdmissionError `CALLBACK_…`
   */
  play(caller: Caller, vhost: string, visit: Visit): Promise<void> {
    return this.#begin(['on_play', 'on_stop'], this.#facts(caller, vhost), visit)
  }

  /** A recording of a publisher is complete. */
  dvr(caller: Caller, vhost: string, file: SrsFileFacts): void {
    const facts = this.#facts(caller, vhost)
    this.#tell('on_dvr', streamLane(facts), vhost, srsDvrCallback(facts, file))
  }

  /**
   * A segment of a publisher is complete.
   *
   * @param notifyBytes most bytes that are read of what `on_hls_notify` fetches
   */
  hls(caller: Caller, vhost: string, segment: SrsHlsFacts, notifyBytes: number): void {
    const facts = this.#facts(caller, vhost)
    this.#tell('on_hls', streamLane(facts), vhost, srsHlsCallback(facts, segment))
    const { on_hls_notify: urls } = this.#hooksOf(vhost) ?? { on_hls_notify: [] }
    for (const url of urls) {
      const target = notifyUrl(url, facts, segment.url)
      this.#later('on_hls_notify', `notify ${streamLane(facts)}`, () => this.#fetch(target, notifyBytes))
    }
  }

  /** Makes the calls that wait, for a limited time. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#closing.abort(), this.#options.closeMs ?? 3000)
    await this.#lanes.empty()
    clearTimeout(timer)
  }

  async #begin(
    [asked, told]: ['on_publish', 'on_unpublish'] | ['on_play', 'on_stop'],
    facts: SrsClientFacts,
    visit: Visit,
  ): Promise<void> {
    const { clientId, vhost } = facts
    if (!this.#hooksOf(vhost)) return
    await this.#lanes.do(clientId, async () => {
      if (visit.over) throw new AdmissionError('CLIENT_LEFT', 'the client has left meanwhile')
      await this.#askAll(asked, facts)
      const body = srsClientCallback(told, facts)
      // before its `on_close`, which waits already
      if (visit.over) await this.#tellAll(told, vhost, body)
      else visit.whenOver(() => this.#tell(told, clientId, vhost, body))
    })
  }

  /** All have to say yes; who says no is the last to be asked. */
  async #askAll(event: SrsClientAction, facts: SrsClientFacts): Promise<void> {
    const body = JSON.stringify(srsClientCallback(event, facts))
    for (const url of this.#urls(event, facts.vhost)) checkAnswer(await this.#call(url, body, facts.vhost))
  }

  #closed({ lifetime, sentBytes, receivedBytes }: Connection): void {
    const facts = this.#connections.get(lifetime)
    if (!facts) return
    const bytes = { sentBytes: sentBytes(), receivedBytes: receivedBytes() }
    this.#tell('on_close', facts.clientId, facts.vhost, srsCloseCallback(facts, bytes))
  }

  #tell(event: Event, lane: string, vhost: string, body: object): void {
    if (this.#urls(event, vhost).length > 0) this.#later(event, lane, () => this.#tellAll(event, vhost, body))
  }

  /** Each is told, whatever the others say. */
  async #tellAll(event: Event, vhost: string, body: object): Promise<void> {
    const text = JSON.stringify(body)
    for (const url of this.#urls(event, vhost)) {
      await this.#attempt(event, async () => checkAnswer(await this.#call(url, text, vhost)))
    }
  }

  #later(event: Event, lane: string, work: () => Promise<void>): void {
    if (this.#lanes.size < MAX_WAITING) void this.#lanes.do(lane, () => this.#attempt(event, work))
    else this.#options.logger.warn({ event }, 'callback left out: too many wait')
  }

  async #attempt(event: Event, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#options.logger.warn({ event, code: errorCode(error), reason: errorMessage(error) }, 'callback failed')
    }
  }

  async #call(url: string, body: string, vhost: string): Promise<CallbackAnswer> {
    const { timeout, verify } = this.#options.hooksOf(vhost) ?? DEFAULTS
    try {
      return await call(url, { body, timeoutMs: timeout * 1000, verify, signal: this.#closing.signal })
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      this.#options.logger.warn({ url: withoutSecrets(url), code: error.code, reason: error.message }, 'no callback')
      throw new AdmissionError(error.code, 'the server that decides gave no answer', { cause: error })
    }
  }

  async #fetch(url: string, maxBytes: number): Promise<void> {
    await call(url, { timeoutMs: NOTIFY_TIMEOUT_MS, verify: false, maxBytes, cut: true, signal: this.#closing.signal })
  }

  #urls(event: Event, vhost: string): Urls {
    return this.#hooksOf(vhost)?.[event] ?? []
  }

  #hooksOf(vhost: string): Hooks | undefined {
    const hooks = this.#options.hooksOf(vhost)
    return hooks?.enabled ? hooks : undefined
  }

  #facts({ protocol, app, stream, param = '', client }: Caller, vhost: string): SrsClientFacts {
    const isRtmp = protocol === 'rtmp' || protocol === 'rtmps'
    return {
      serverId: this.#options.serverId,
      clientId: client.id ?? '',
      // SRS: what a proxy says counts, though a client may say it as well. The rules of `security` don't believe it.
      ip: isRtmp ? client.ip : (client.forwardedFor ?? client.ip),
      vhost,
      app,
      stream,
      param,
      tcUrl: client.tcUrl ?? `rtmp://${vhost}/${app}`,
      pageUrl: client.pageUrl ?? '',
    }
  }
}

const DEFAULTS: Pick<Hooks, 'timeout' | 'verify'> = { timeout: 30, verify: false }

const streamLane = ({ vhost, app, stream }: SrsClientFacts): string => `${vhost}/${app}/${stream}`

/** A URL as it may be logged. */
function withoutSecrets(text: string): string {
  const url = URL.parse(text)
  return url ? `${url.protocol}//${url.host}${url.pathname}` : ''
}
