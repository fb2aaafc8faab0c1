import type net from 'node:net'

import { CodedError, errorCode, errorMessage, unreachable, type LogFields, type Logger } from '@millrace/core'
import type { EndReason, Hub } from '@millrace/hub'
import {
  RtmpServerSession,
  type ConnectInfo,
  type ConnectPolicy,
  type RtmpPlayRequest,
  type RtmpPublishRequest,
  type RtmpServerEvent,
} from '@millrace/rtmp'

import { AdmissionError, type Admission, type AdmissionRequest, type Grant } from '../../admission/admission.ts'
import { newClientId } from '../../admission/client-id.ts'
import { AdmissionRedirect } from '../../admission/redirect.ts'
import { SilentRefusal } from '../../admission/silent-refusal.ts'
import type { VhostPolicies } from '../../admission/vhost-policy.ts'
import { Visit } from '../../admission/visit.ts'
import type { Broadcast, Broadcasts } from '../../broadcast/broadcasts.ts'
import { drive, type Driven } from '../../io/drive.ts'
import { FlvIngest } from '../../ingest/flv-ingest.ts'
import { peerAddress } from '../../io/http.ts'
import { srsTraces } from '../../io/srs-traces.ts'
import type { Player, Players } from '../../players/players.ts'
import { RtmpEgress } from './egress.ts'

export interface RtmpDeps {
  hub: Hub
  admission: Admission
  policyOf: VhostPolicies
  broadcasts: Broadcasts
  players: Players
  logger: Logger
  /** How a client that connects is met, default as every other. */
  onRtmpConnect?: ((client: RtmpArrival) => ConnectPolicy) | undefined
}

/** A client that connects. */
export interface RtmpArrival {
  readonly info: ConnectInfo
  /** What the API, callbacks and the log call it. */
  readonly clientId: string
  /** Address of this machine that it has reached. */
  readonly localIp: string
}

/** What the connection does at the moment. */
type Role =
  | { type: 'idle' }
  /** A request waits for admission; `withdrawn` when the client gave up meanwhile. */
  | { type: 'asking'; withdrawn: boolean }
  | { type: 'publishing'; broadcast: Broadcast; ingest: FlvIngest }
  | { type: 'playing'; egress: RtmpEgress; player: Player; durationTimer: NodeJS.Timeout | undefined }

const IDLE: Role = { type: 'idle' }
/** Longer timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** One RTMP client: asks for admission, then publishes or plays, possibly one after the other. */
export class RtmpConnection {
  readonly #deps: RtmpDeps
  readonly #socket: net.Socket
  readonly #protocol: 'rtmp' | 'rtmps'
  readonly #id = newClientId()
  readonly #ip: string
  readonly #session: RtmpServerSession
  readonly #driven: Driven
  readonly #openedAtMs = performance.now()
  /** Of each log line: the peer, and what it publishes or plays, or did last. Not a child logger, which is larger. */
  #fields: LogFields
  #role: Role = IDLE
  /** Of the request that came last. */
  #visit: Visit | undefined
  readonly #lifetime = new Visit()

  constructor(deps: RtmpDeps, socket: net.Socket, protocol: 'rtmp' | 'rtmps') {
    this.#deps = deps
    this.#socket = socket
    this.#protocol = protocol
    this.#ip = peerAddress(socket.remoteAddress)
    this.#fields = { cid: this.#id, proto: protocol, peer: this.#ip }
    const { onRtmpConnect } = deps
    const localIp = peerAddress(socket.localAddress)
    this.#session = new RtmpServerSession({
      nowMs: performance.now(),
      unsentBytes: () => socket.writableLength,
      ...(onRtmpConnect && { onConnect: (info) => onRtmpConnect({ info, clientId: this.#id, localIp }) }),
    })
    this.#driven = drive(this.#session, socket, {
      event: (event) => this.#event(event),
      closed: (reason) => this.#closed(reason),
    })
  }

  #event(event: RtmpServerEvent): void {
    switch (event.type) {
      case 'publish':
        return this.#ask(event.request)
      case 'play':
        return this.#ask(event.request)
      case 'media':
        return this.#role.type === 'publishing' ? this.#role.ingest.media(event) : undefined
      case 'metadata':
        return this.#role.type === 'publishing'
          ? this.#role.broadcast.publication.setMetadata(event.metadata)
          : undefined
      case 'unpublish':
      case 'stop-play':
        return this.#leaveRole('publisher_closed')
      case 'pause':
        return this.#role.type === 'playing' ? this.#role.egress.pause(event.paused) : undefined
      case 'receive':
        return this.#role.type === 'playing' ? this.#role.egress.receive(event.kind, event.enabled) : undefined
      case 'hold-back':
        return this.#holdBack(event.ms)
      case 'bandwidth':
        return this.#log('info', { ...event.result }, 'bandwidth measured')
      default:
        return unreachable(event)
    }
  }

  #holdBack(ms: number): void {
    this.#socket.pause()
    setTimeout(() => this.#socket.resume(), ms)
  }

  #ask(request: RtmpPublishRequest | RtmpPlayRequest): void {
    const asking: Role = { type: 'asking', withdrawn: false }
    this.#role = asking
    const visit = new Visit()
    this.#visit = visit
    const wanted = this.#admissionRequest(request, visit)
    const answer = (step: () => void): void =>
      this.#driven.act(() => {
        if (!asking.withdrawn) step()
      })
    this.#deps.admission.admit(wanted).then(
      (grant) =>
        answer(() =>
          request.type === 'publish' ? this.#publish(request, wanted, grant) : this.#play(request, wanted, grant),
        ),
      (error: unknown) => answer(() => this.#refuse(wanted, error)),
    )
  }

  #refuse(wanted: AdmissionRequest, error: unknown): void {
    this.#role = IDLE
    this.#visit?.end()
    if (wanted.action === 'publish') this.#deps.broadcasts.rejected(wanted, error)
    else this.#log('warn', { code: errorCode(error), reason: errorMessage(error) }, 'play refused')
    if (error instanceof SilentRefusal) this.#driven.close(error)
    else if (error instanceof AdmissionRedirect) this.#session.redirect(error.url)
    else this.#session.reject(rejection(wanted.action, error))
  }

  #publish(request: RtmpPublishRequest, wanted: AdmissionRequest, grant: Grant): void {
    const broadcast = this.#deps.broadcasts.begin({
      request: wanted,
      grant,
      encoder: request.encoder,
      onEnd: (reason) => this.#publicationEnded(reason),
    })
    this.#concerns({ stream: broadcast.stream.id, session: broadcast.sessionId })
    const logger = this.#deps.logger.child(this.#fields)
    this.#role = { type: 'publishing', broadcast, ingest: new FlvIngest(broadcast.publication, logger) }
    this.#session.acceptPublish(request, this.#deps.policyOf(grant.key.vhost).publish)
  }

  #play(request: RtmpPlayRequest, { protocol, client }: AdmissionRequest, grant: Grant): void {
    // the answer goes out before the hub's first bytes
    const { key } = grant
    const { playChunkBytes: chunkBytes, playTimes: times } = this.#deps.policyOf(key.vhost)
    this.#driven.act(() => this.#session.acceptPlay(request, { chunkSize: chunkBytes }))
    if (this.#role.type !== 'asking') return
    const egress = new RtmpEgress(this.#deps.hub, { key, request, chunkBytes, times }, this.#socket, (reason) => {
      this.#driven.close(new CodedError(reason, 'play ended by the server'))
    })
    const { durationMs } = request
    const durationTimer =
      durationMs === null ? undefined : setTimeout(() => this.#complete(), Math.min(durationMs, MAX_TIMER_MS))
    const player = this.#deps.players.join({
      key,
      streamId: grant.streamId,
      protocol,
      client,
      bytes: () => egress.bytes,
      pass: grant.pass,
      kick: (code) => this.#driven.close(new CodedError(code, 'ended by the server')),
    })
    this.#concerns({ stream: egress.streamId, viewer: player.id })
    const source = this.#deps.hub.find(key)
    // by the id of the publisher its lines are found, and by that of the player these
    const sourceId = source && this.#deps.broadcasts.clientIdOf(source)
    this.#log('info', { source_id: sourceId, ...srsTraces(client.connectArgs) }, 'play started')
    this.#role = { type: 'playing', egress, player, durationTimer }
  }

  /** A player that asked for a limited time has had it. */
  #complete(): void {
    this.#driven.act(() => this.#session.completePlay())
    this.#driven.close(null)
  }

  /** Another publisher or an operator has ended the publication. */
  #publicationEnded(reason: EndReason): void {
    if (this.#role.type !== 'publishing') return
    this.#role = IDLE
    this.#visit?.end()
    this.#driven.act(() =>
      this.#session.reject({ code: 'NetStream.Publish.BadName', description: `ended by the server: ${reason}` }),
    )
  }

  #leaveRole(reason: EndReason): void {
    const role = this.#role
    this.#role = IDLE
    this.#endRole(role, reason)
    this.#visit?.end()
  }

  #endRole(role: Role, reason: EndReason): void {
    switch (role.type) {
      case 'idle':
        return
      case 'asking':
        role.withdrawn = true
        return
      case 'publishing':
        if (role.ingest.dropped > 0) this.#log('warn', { ...role.ingest.counters }, 'media messages were dropped')
        return role.broadcast.publication.end(reason)
      case 'playing':
        clearTimeout(role.durationTimer)
        role.egress.close('PEER_CLOSED')
        role.player.leave()
        this.#log('info', { bytes: role.egress.bytes, jumps: role.egress.jumps }, 'play ended')
    }
  }

  #closed(reason: CodedError | null): void {
    const fields = {
      duration_ms: Math.round(performance.now() - this.#openedAtMs),
      bytes_in: this.#socket.bytesRead,
      bytes_out: this.#socket.bytesWritten,
    }
    if (reason?.code === 'IO_UNEXPECTED') this.#log('error', { ...fields, err: reason.cause }, 'connection failed')
    else if (reason) this.#log('info', { ...fields, ...reasonFields(reason) }, 'connection closed')
    else this.#log('debug', fields, 'connection closed')
    this.#leaveRole(endReason(reason))
    this.#lifetime.end()
  }

  #concerns(fields: LogFields): void {
    this.#fields = { cid: this.#id, proto: this.#protocol, peer: this.#ip, ...fields }
  }

  #log(level: 'debug' | 'info' | 'warn' | 'error', fields: LogFields, message: string): void {
    this.#deps.logger[level]({ ...this.#fields, ...fields }, message)
  }

  #admissionRequest(request: RtmpPublishRequest | RtmpPlayRequest, visit: Visit): AdmissionRequest {
    return {
      action: request.type,
      protocol: this.#protocol,
      vhost: request.vhost ?? request.host,
      app: request.app,
      stream: request.stream,
      params: request.params,
      param: request.rawParam,
      visit,
      connection: {
        lifetime: this.#lifetime,
        sentBytes: () => this.#socket.bytesWritten,
        receivedBytes: () => this.#socket.bytesRead,
      },
      client: {
        id: this.#id,
        ip: this.#ip,
        userAgent: request.flashVer,
        pageUrl: request.pageUrl,
        tcUrl: request.tcUrl,
        swfUrl: request.swfUrl,
        manner: request.type === 'publish' ? request.manner : undefined,
        connectArgs: request.args,
      },
    }
  }
}

function reasonFields({ code, message, details: { errno } }: CodedError): LogFields {
  return { code, reason: message, ...(errno !== undefined && { errno }) }
}

function endReason(reason: CodedError | null): EndReason {
  switch (reason?.code) {
    case undefined:
    case 'IO_SOCKET':
      return 'publisher_closed'
    case 'RTMP_PUBLISH_TIMEOUT':
      return 'timeout'
    default:
      return 'rejected_media'
  }
}

function rejection(action: 'publish' | 'play', error: unknown): { code: string; description: string } {
  const description =
    error instanceof AdmissionError ? `${error.message} (${error.code})` : 'the server could not check permissions'
  return { code: action === 'publish' ? 'NetStream.Publish.Denied' : 'NetStream.Play.Failed', description }
}
