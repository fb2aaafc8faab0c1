import { randomBytes } from 'node:crypto'

import type { HealthCode, HeldBroadcast, NodeReport } from '@millrace/contracts'
import { NAME_LIMITS } from '@millrace/contracts/plain'
import { errorCode, errorMessage, sortableId, type Logger } from '@millrace/core'
import type { EndReason, Hub, LiveStream, Publication } from '@millrace/hub'
import type { Track } from '@millrace/media'

import type { AdmissionRequest, Grant } from '../admission/admission.ts'
import { newClientId } from '../admission/client-id.ts'
import { srsTraces } from '../io/srs-traces.ts'
import type { ReportSink } from '../node-link/reporter.ts'
import type { Archive } from '../outputs/archive/archive.ts'
import type { NodeStats } from '../stats/node-stats.ts'
import { watchLimits } from './limits.ts'
import { trackInfo } from './track-info.ts'

/** One publisher's broadcast, as a gateway holds it. */
export interface Broadcast {
  readonly sessionId: string
  readonly stream: LiveStream
  readonly publication: Publication
  /** Resolves when it is over. */
  readonly ended: Promise<EndReason>
}

/** What a gateway knows of a publisher. */
export interface PublisherInfo {
  request: AdmissionRequest
  grant: Grant
  encoder?: string | undefined
  /** Bytes that have come so far, where not all of them become frames; default those of the publication. */
  bytes?: () => number
  /** Called when somebody else ends the broadcast: another publisher, an operator. */
  onEnd: (reason: EndReason) => void
}

/** One who publishes at the moment. */
export interface Publisher extends Broadcast {
  /** What the API and callbacks call it. */
  readonly clientId: string
  readonly protocol: AdmissionRequest['protocol']
  readonly client: AdmissionRequest['client']
  readonly aliveMs: () => number
  /** Bytes that have come so far. */
  readonly bytes: () => number
}

/** Follows broadcasts: what records them, or runs programs while they are on. It must not throw. */
export interface BroadcastObserver {
  /** One has begun; `publisher.ended` tells when it is over. */
  began(publisher: Publisher, request: AdmissionRequest, grant: Grant): void
}

interface Live extends Publisher {
  grant: Grant
  resolveEnded: (reason: EndReason) => void
  bytesOutBefore: number
  logger: Logger
  /** What was reported last, to report changes only. */
  tracks: readonly Track[]
  /** What was found wrong with it. */
  readonly faults: Set<HealthCode>
}

/** How often a broadcast's counters are reported. */
const PROGRESS_MS = 30_000

export interface BroadcastsDeps {
  hub: Hub
  stats: Pick<NodeStats, 'players' | 'bytesOut'>
  reports: ReportSink
  /** Records broadcasts, where there is one. */
  archive?: Pick<Archive, 'begin' | 'end'> | undefined
  observers?: readonly BroadcastObserver[]
  logger: Logger
  nowMs: () => number
}

/** Begins and ends broadcasts: puts the publisher on the hub, logs, and reports to the control plane. */
export class Broadcasts {
  readonly #deps: BroadcastsDeps
  readonly #live = new Map<Publication, Live>()
  /** Who published a stream last. */
  readonly #clientIds = new WeakMap<LiveStream, string>()
  readonly #timer: NodeJS.Timeout

  constructor(deps: BroadcastsDeps) {
    this.#deps = deps
    this.#timer = setInterval(() => this.#reportProgress(), PROGRESS_MS).unref()
  }

  begin(publisher: PublisherInfo): Broadcast {
    const { request, grant, encoder, bytes = () => publication.bytes } = publisher
    const sessionId = sortableId('ses', Date.now(), randomBytes(10))
    const stream = this.#deps.hub.open(grant.key)
    const publication = this.#publish(stream, publisher)
    const { id: clientId = newClientId() } = request.client
    const logger = this.#deps.logger.child({
      cid: clientId,
      session: sessionId,
      proto: request.protocol,
      peer: request.client.ip,
      stream: stream.id,
    })
    const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<EndReason>()
    const broadcast: Broadcast = { sessionId, stream, publication, ended }
    this.#clientIds.set(stream, clientId)
    const startedAtMs = this.#deps.nowMs()
    this.#live.set(publication, {
      ...broadcast,
      clientId,
      protocol: request.protocol,
      client: request.client,
      aliveMs: () => this.#deps.nowMs() - startedAtMs,
      bytes,
      grant,
      resolveEnded,
      bytesOutBefore: this.#deps.stats.bytesOut(stream),
      logger,
      tracks: [],
      faults: new Set(),
    })
    logger.info({ encoder, ...srsTraces(request.client.connectArgs) }, 'publish started')
    this.#deps.reports.report({
      ...names(request, grant),
      type: 'session.connected',
      session_id: sessionId,
      epoch: grant.epoch ?? null,
      ...(encoder ? { encoder: encoder.slice(0, 256) } : {}),
    })
    const { streamId, epoch = null, archive: order = null } = grant
    this.#deps.archive?.begin({ sessionId, stream, streamId, epoch }, order)
    const begun = this.#live.get(publication)
    if (begun) for (const observer of this.#deps.observers ?? []) observer.began(begun, request, grant)
    return broadcast
  }

  /** All who publish, as they came. */
  list(): Iterable<Publisher> {
    return this.#live.values()
  }

  /** Id of the client that publishes a stream, or did last. */
  clientIdOf(stream: LiveStream): string | undefined {
    return this.#clientIds.get(stream)
  }

  /** The broadcast with this id, while it is on. */
  find(sessionId: string): Broadcast | undefined {
    for (const broadcast of this.#live.values()) if (broadcast.sessionId === sessionId) return broadcast
    return undefined
  }

  /** Another node has the stream now: ends the broadcasts of it that have a lower epoch, as `replaced`. */
  evict(streamId: string, epoch: number): void {
    for (const { grant, publication } of this.#live.values()) {
      if (grant.streamId === streamId && (grant.epoch ?? 0) < epoch) publication.end('replaced')
    }
  }

  /** The broadcasts that the control plane knows the streams of, for the heartbeat. */
  held(): HeldBroadcast[] {
    return [...this.#live.values()].flatMap(({ grant: { streamId, epoch = null }, sessionId }) =>
      streamId === null ? [] : [{ session_id: sessionId, stream_id: streamId, epoch }],
    )
  }

  /** Ends every broadcast as `kicked`: the node is to be empty. */
  kickAll(): void {
    for (const { publication } of this.#live.values()) publication.end('kicked')
  }

  /** A publisher that was not admitted. */
  rejected(request: AdmissionRequest, error: unknown): void {
    const code = errorCode(error)
    const reason = errorMessage(error)
    this.#deps.logger.warn(
      { cid: request.client.id, proto: request.protocol, peer: request.client.ip, app: request.app, code, reason },
      'publish refused',
    )
    const named = {
      vhost: request.vhost.slice(0, NAME_LIMITS.vhost),
      app: request.app.slice(0, NAME_LIMITS.app),
      stream: request.stream.slice(0, NAME_LIMITS.stream),
      stream_id: null,
      key_id: null,
    }
    if (!named.vhost || !named.app || !named.stream) return
    this.#deps.reports.report({
      ...named,
      type: 'session.rejected',
      session_id: sortableId('ses', Date.now(), randomBytes(10)),
      protocol: request.protocol,
      client: wireClient(request),
      code,
      reason: reason.slice(0, 512),
    })
  }

  /** The first playable frame; called by the hub. */
  live(publication: Publication): void {
    const broadcast = this.#live.get(publication)
    if (!broadcast) return
    const { sessionId, stream, aliveMs, logger } = broadcast
    broadcast.tracks = stream.info.tracks
    const startupMs = Math.round(aliveMs())
    const tracks = stream.info.tracks.map(trackInfo)
    logger.info({ startup_ms: startupMs, codecs: tracks.map(({ codec }) => codec) }, 'stream live')
    this.#deps.reports.report({ type: 'session.live', session_id: sessionId, tracks, startup_ms: startupMs })
  }

  /** Something is wrong with what is published of a stream; told once for each broadcast. */
  unhealthy({ publication }: LiveStream, code: HealthCode, message: string): void {
    const broadcast = publication && this.#live.get(publication)
    if (!broadcast || broadcast.faults.has(code)) return
    broadcast.faults.add(code)
    const { sessionId, logger } = broadcast
    logger.warn({ code, reason: message }, 'stream is not in good health')
    this.#deps.reports.report({ type: 'session.health', session_id: sessionId, code, message })
  }

  /** Ends all, at shutdown. */
  close(): void {
    clearInterval(this.#timer)
    this.kickAll()
  }

  /** Takes the stream, within the limits of the grant. */
  #publish(stream: LiveStream, { grant: { limits }, onEnd }: PublisherInfo): Publication {
    const windowS = limits?.reconnect_window_s ?? null
    const publication: Publication = stream.publish(
      (reason) => {
        stopWatch()
        this.#ended(publication, reason)
        onEnd(reason)
      },
      windowS === null ? {} : { reconnectWindowMs: windowS * 1000 },
    )
    const stopWatch = limits ? watchLimits(publication, limits, this.#deps.nowMs) : () => {}
    return publication
  }

  #ended(publication: Publication, reason: EndReason): void {
    const broadcast = this.#live.get(publication)
    if (!broadcast) return
    this.#live.delete(publication)
    broadcast.resolveEnded(reason)
    const { sessionId, stream, logger } = broadcast
    this.#deps.archive?.end(sessionId)
    const counters = this.#counters(broadcast)
    logger.info({ reason, ...counters, frames: publication.frames, repairs: stream.timelineRepairs }, 'publish ended')
    this.#deps.reports.report({ type: 'session.ended', session_id: sessionId, reason, ...counters })
  }

  #counters({ stream, bytes, aliveMs, bytesOutBefore }: Live): Counters {
    return {
      duration_s: Math.round(aliveMs()) / 1000,
      bytes_in: bytes(),
      bytes_out: Math.max(0, this.#deps.stats.bytesOut(stream) - bytesOutBefore),
    }
  }

  #reportProgress(): void {
    for (const broadcast of this.#live.values()) {
      const { sessionId, stream } = broadcast
      if (!stream.live) continue
      const { tracks } = stream.info
      this.#deps.reports.report({
        type: 'session.progress',
        session_id: sessionId,
        ...this.#counters(broadcast),
        players: this.#deps.stats.players(stream),
        ...(tracks === broadcast.tracks ? {} : { tracks: tracks.map(trackInfo) }),
      })
      broadcast.tracks = tracks
    }
  }
}

type Counters = Pick<Extract<NodeReport, { type: 'session.ended' }>, 'duration_s' | 'bytes_in' | 'bytes_out'>

type Connected = Extract<NodeReport, { type: 'session.connected' }>

function names(
  request: AdmissionRequest,
  { key, streamId, keyId }: Grant,
): Omit<Connected, 'seq' | 'at' | 'type' | 'session_id' | 'encoder'> {
  return {
    vhost: key.vhost,
    app: key.app,
    stream: key.name,
    stream_id: streamId,
    key_id: keyId,
    protocol: request.protocol,
    client: wireClient(request),
  }
}

function wireClient({ client }: AdmissionRequest): Connected['client'] {
  return { ip: client.ip, ...(client.userAgent ? { user_agent: client.userAgent.slice(0, 512) } : {}) }
}
