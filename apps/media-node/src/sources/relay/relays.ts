import { backoffMs, CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'
import type { Hub, LiveStream, Publication, StreamKey } from '@millrace/hub'

import type { Players } from '../../players/players.ts'
import { startPull, type Pull, type PullStatus } from '../pull/pull.ts'
import type { Directory, FirstPlayer, Origin } from './origin.ts'

/** How often it is looked after the streams that somebody watches. */
const TICK_MS = 500
/** Time that a relay, or the search for a stream, outlasts its last player. */
const DEFAULT_LINGER_MS = 4000
/** Longest time without media before the stream is looked for elsewhere. */
const SILENCE_MS = 4000
/** Delays between searches for a stream that is nowhere. */
const SEARCH = { baseMs: 500, maxMs: 5000 } as const
/** Streams looked after at most; what comes above is only served when it is published here. */
const MAX_STREAMS = 50_000

export interface RelaysDeps {
  hub: Hub
  players: Pick<Players, 'count'>
  directory: Directory
  logger: Logger
  nowMs: () => number
  /** Time that a relay, or the search for a stream, outlasts its last player, default 4 s. */
  lingerMs?: number
}

/** A stream that somebody watches here. */
interface Watched {
  readonly stream: LiveStream
  readonly player: FirstPlayer
  readonly leave: () => void
  /** Last time it had a player, or one was let in. */
  wantedAtMs: number
  /** Searches and relays in a row that came to nothing. */
  failures: number
  searchAtMs: number
  searching: boolean
  pull: Pull | undefined
  publication: Publication | undefined
}

/**
 * Fetches the streams that are watched here and published at another node: each once, for any number of players, until the
 * last has left. When the publisher moves, to here or elsewhere, the players go on.
 */
export class Relays {
  readonly #deps: RelaysDeps
  readonly #watched = new Map<string, Watched>()
  readonly #timer: NodeJS.Timeout

  constructor(deps: RelaysDeps) {
    this.#deps = deps
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref()
  }

  /** Whether a stream comes from another node at the moment. */
  relayed(stream: LiveStream): boolean {
    const publication = this.#watched.get(stream.id)?.publication
    return publication !== undefined && stream.publication === publication
  }

  /**
   * Somebody is about to watch a stream.
   *
   * Unless by HLS, players wait for a stream that isn't: then it is searched for until the player leaves, and this resolves at
   * once; else when it is known whether the stream is to be had somewhere.
   */
  async want(key: StreamKey, { protocol, param, client }: FirstPlayer): Promise<void> {
    const player = { protocol, param, client }
    const { hub, nowMs } = this.#deps
    const known = this.#watched.get(`${key.vhost}/${key.app}/${key.name}`)
    if (known) {
      known.wantedAtMs = nowMs()
      return
    }
    if (protocol !== 'hls' || hub.find(key)?.publication) {
      const watched = this.#watch(key, player)
      if (watched) this.#look(watched)
      return
    }
    const origin = await this.#locate(key, player, 0)
    const watched = origin && this.#watch(key, player)
    if (watched) this.#begin(watched, origin)
  }

  close(): void {
    clearInterval(this.#timer)
    for (const watched of this.#watched.values()) this.#forget(watched)
  }

  #watch(key: StreamKey, player: FirstPlayer): Watched | undefined {
    const { hub, nowMs } = this.#deps
    const stream = hub.open(key)
    const known = this.#watched.get(stream.id)
    if (known) return known
    if (this.#watched.size >= MAX_STREAMS) return undefined
    const watched: Watched = {
      stream,
      player,
      // keeps the stream while there is no publisher
      leave: stream.listen({
        info() {},
        frame() {},
        interrupted: () => this.#interrupted(watched),
        closed: () => this.#forget(watched),
      }),
      wantedAtMs: nowMs(),
      failures: 0,
      searchAtMs: 0,
      searching: false,
      pull: undefined,
      publication: undefined,
    }
    this.#watched.set(stream.id, watched)
    return watched
  }

  /** The publisher left: if it has moved, that is known at control by now. */
  #interrupted(watched: Watched): void {
    watched.failures = 0
    watched.searchAtMs = 0
    setImmediate(() => this.#look(watched))
  }

  #tick(): void {
    for (const watched of this.#watched.values()) this.#look(watched)
  }

  #look(watched: Watched): void {
    const { players, nowMs, lingerMs = DEFAULT_LINGER_MS } = this.#deps
    const { stream, pull, publication } = watched
    if (this.#watched.get(stream.id) !== watched) return
    if (players.count(stream.id) > 0) watched.wantedAtMs = nowMs()
    if (nowMs() - watched.wantedAtMs > lingerMs) return this.#forget(watched)
    if (stream.publication && stream.publication !== publication) return pull?.close('replaced')
    if (!pull && !watched.searching && nowMs() >= watched.searchAtMs) void this.#search(watched)
  }

  async #search(watched: Watched): Promise<void> {
    watched.searching = true
    const origin = await this.#locate(watched.stream.key, watched.player, watched.failures)
    watched.searching = false
    if (origin) this.#begin(watched, origin)
    else this.#later(watched)
  }

  async #locate(key: StreamKey, player: FirstPlayer, attempt: number): Promise<Origin | undefined> {
    try {
      return await this.#deps.directory.locate(key, player, attempt)
    } catch (error) {
      this.#deps.logger.warn({ code: errorCode(error), error: errorMessage(error) }, 'streams cannot be looked up')
      return undefined
    }
  }

  #later(watched: Watched): void {
    watched.searchAtMs = this.#deps.nowMs() + backoffMs(watched.failures++, SEARCH)
  }

  #begin(watched: Watched, { fields, ...source }: Origin): void {
    const { stream } = watched
    if (watched.pull || stream.publication || this.#watched.get(stream.id) !== watched) return
    const logger = this.#deps.logger.child({ stream: stream.id, ...fields })
    watched.pull = startPull({
      ...source,
      retry: false,
      timeoutMs: SILENCE_MS,
      logger,
      publish(onEnd) {
        if (stream.publication) throw new CodedError('RELAY_NOT_NEEDED', 'the stream is published here')
        watched.publication = stream.publish(onEnd)
        return watched.publication
      },
      onStatus: (status) => this.#changed(watched, status),
    })
  }

  #changed(watched: Watched, status: PullStatus): void {
    if (status.state === 'live') watched.failures = 0
    if (status.state !== 'stopped') return
    watched.pull = undefined
    watched.publication = undefined
    this.#later(watched)
  }

  #forget(watched: Watched): void {
    const { stream, pull, leave } = watched
    if (this.#watched.get(stream.id) !== watched) return
    this.#watched.delete(stream.id)
    pull?.close('publisher_closed')
    leave()
  }
}
