import type net from 'node:net'

import { CodedError, errorCode, errorMessage, unreachable, type Logger } from '@millrace/core'
import type { EndReason, Hub } from '@millrace/hub'
import { RtmpServerSession, type RtmpPlayRequest, type RtmpPublishRequest, type RtmpServerEvent } from '@millrace/rtmp'

import type { Admission, AdmissionRequest, Grant } from '../../admission/admission.ts'
import type { Broadcast, Broadcasts } from '../../broadcast/broadcasts.ts'
import { drive, type Driven } from '../../io/drive.ts'
import { peerAddress } from '../../io/http.ts'
import { PLAY_CHUNK_SIZE, RtmpEgress } from './egress.ts'
import { RtmpIngest } from './ingest.ts'

export interface RtmpDeps {
  hub: Hub
  admission: Admission
  broadcasts: Broadcasts
  logger: Logger
}

/** What the connection does at the moment. */
type Role =
  | { type: 'idle' }
  /** A request waits for admission; `withdrawn` when the client gave up meanwhile. */
  | { type: 'asking'; withdrawn: boolean }
  | { type: 'publishing'; broadcast: Broadcast; ingest: RtmpIngest }
  | { type: 'playing'; egress: RtmpEgress; durationTimer: NodeJS.Timeout | undefined }

const IDLE: Role = { type: 'idle' }

/** One RTMP client: asks for admission, then publishes or plays, possibly one after the other. */
export class RtmpConnection {
  readonly #deps: RtmpDeps
  readonly #socket: net.Socket
  readonly #protocol: 'rtmp' | 'rtmps'
  readonly #ip: string
  readonly #session: RtmpServerSession
  readonly #driven: Driven
  readonly #openedAtMs = performance.now()
  #logger: Logger
  #role: Role = IDLE

  constructor(deps: RtmpDeps, socket: net.Socket, protocol: 'rtmp' | 'rtmps') {
    this.#deps = deps
    this.#socket = socket
    this.#protocol = protocol
    this.#ip = peerAddress(socket.remoteAddress)
    this.#logger = deps.logger.child({ proto: protocol, peer: this.#ip })
    this.#session = new RtmpServerSession({ nowMs: performance.now() })
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
      default:
        return unreachable(event)
    }
  }

  #ask(request: RtmpPublishRequest | RtmpPlayRequest): void {
    const asking: Role = { type: 'asking', withdrawn: false }
    this.#role = asking
    const wanted = this.#admissionRequest(request)
    this.#deps.admission
      .admit(wanted)
      .then((grant) => {
        if (asking.withdrawn) return
        if (request.type === 'publish') this.#publish(request, wanted, grant)
        else this.#play(request, grant)
      })
      .catch((error: unknown) => {
        if (asking.withdrawn) return
        this.#role = IDLE
        if (request.type === 'publish') this.#deps.broadcasts.rejected(wanted, error)
        else this.#logger.warn({ code: errorCode(error), reason: errorMessage(error) }, 'play refused')
        this.#session.reject(rejection(request.type, error))
      })
      .finally(() => this.#driven.pump())
  }

  #publish(request: RtmpPublishRequest, wanted: AdmissionRequest, grant: Grant): void {
    const broadcast = this.#deps.broadcasts.begin({
      request: wanted,
      grant,
      encoder: request.encoder,
      onEnd: (reason) => this.#publicationEnded(reason),
    })
    this.#logger = this.#logger.child({ stream: broadcast.stream.id, session: broadcast.sessionId })
    this.#role = { type: 'publishing', broadcast, ingest: new RtmpIngest(broadcast.publication, this.#logger) }
    this.#session.acceptPublish(request)
  }

  #play(request: RtmpPlayRequest, grant: Grant): void {
    this.#session.acceptPlay(request, { chunkSize: PLAY_CHUNK_SIZE })
    this.#driven.pump()
    this.#logger = this.#logger.child({ stream: `${grant.key.vhost}/${grant.key.app}/${grant.key.name}` })
    this.#logger.info({}, 'play started')
    const egress = new RtmpEgress(this.#deps.hub, grant.key, request, this.#socket, (reason) => {
      this.#driven.close(new CodedError(reason, 'play ended by the server'))
    })
    const { durationMs } = request
    const durationTimer = durationMs === null ? undefined : setTimeout(() => this.#complete(), durationMs)
    this.#role = { type: 'playing', egress, durationTimer }
  }

  /** A player that asked for a limited time has had it. */
  #complete(): void {
    this.#session.completePlay()
    this.#driven.pump()
    this.#driven.close(null)
  }

  /** Another publisher or an operator has ended the publication. */
  #publicationEnded(reason: EndReason): void {
    if (this.#role.type !== 'publishing') return
    this.#role = IDLE
    this.#session.reject({ code: 'NetStream.Publish.BadName', description: `ended by the server: ${reason}` })
    this.#driven.pump()
  }

  #leaveRole(reason: EndReason): void {
    const role = this.#role
    this.#role = IDLE
    switch (role.type) {
      case 'idle':
        return
      case 'asking':
        role.withdrawn = true
        return
      case 'publishing':
        if (role.ingest.dropped > 0) this.#logger.warn({ ...role.ingest.counters }, 'media messages were dropped')
        return role.broadcast.publication.end(reason)
      case 'playing':
        clearTimeout(role.durationTimer)
        role.egress.close('PEER_CLOSED')
        this.#logger.info({ bytes: role.egress.bytes, jumps: role.egress.jumps }, 'play ended')
    }
  }

  #closed(reason: CodedError | null): void {
    const fields = {
      duration_ms: Math.round(performance.now() - this.#openedAtMs),
      bytes_in: this.#socket.bytesRead,
      bytes_out: this.#socket.bytesWritten,
    }
    if (reason?.code === 'IO_UNEXPECTED') this.#logger.error({ ...fields, err: reason.cause }, 'connection failed')
    else if (reason) this.#logger.info({ ...fields, code: reason.code, reason: reason.message }, 'connection closed')
    else this.#logger.debug(fields, 'connection closed')
    this.#leaveRole(endReason(reason))
  }

  #admissionRequest(request: RtmpPublishRequest | RtmpPlayRequest): AdmissionRequest {
    return {
      action: request.type,
      protocol: this.#protocol,
      vhost: request.vhost ?? request.host,
      app: request.app,
      stream: request.stream,
      params: request.params,
      client: { ip: this.#ip, userAgent: request.flashVer, pageUrl: request.pageUrl },
    }
  }
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
  const description = `${errorMessage(error)} (${errorCode(error)})`
  return { code: action === 'publish' ? 'NetStream.Publish.Denied' : 'NetStream.Play.Failed', description }
}
