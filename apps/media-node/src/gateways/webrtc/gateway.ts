import { randomBytes, randomInt } from 'node:crypto'

import { CodedError, type LogFields, type Logger } from '@millrace/core'
import type { EndReason, Hub, LiveStream } from '@millrace/hub'
import { parseSdp, writeAnswer, writeFragment, type Negotiated, type RtcCodec, type SentTrack } from '@millrace/sdp'

import type { Admission, AdmissionRequest, Grant } from '../../admission/admission.ts'
import { DEFAULT_RTC_POLICY, type RtcPolicy, type VhostPolicies } from '../../admission/vhost-policy.ts'
import { Visit } from '../../admission/visit.ts'
import type { Bridges } from '../../bridges/bridges.ts'
import type { Broadcast, Broadcasts } from '../../broadcast/broadcasts.ts'
import type { PacketEngine } from '../../io/packet-engine/packet-engine.ts'
import type { Players } from '../../players/players.ts'
import { candidatesOf, type CandidateOptions, type Reached } from './candidates.ts'
import { Fanouts } from './fanouts.ts'
import { agreeToPlay, agreeToPublish, type OfferWishes } from './offers.ts'
import { RtcPlayer } from './player.ts'
import { RtcPublisher } from './publisher.ts'
import type { SessionRole } from './role.ts'
import type { RtcPort } from './rtc-port.ts'
import { RtcSession } from './session.ts'
import type { RtcSessions } from './sessions.ts'
import { trackWait } from './track-wait.ts'

export interface RtcGatewayDeps {
  readonly engine: PacketEngine
  readonly port: RtcPort
  readonly sessions: RtcSessions
  readonly hub: Hub
  readonly admission: Admission
  readonly broadcasts: Broadcasts
  readonly players: Players
  readonly bridges: Bridges
  readonly policyOf: VhostPolicies
  readonly candidates: () => CandidateOptions
  readonly maxSessions: number
  readonly observer: RtcObserver
  readonly logger: Logger
}

/** Follows sessions, for figures. */
export interface RtcObserver {
  /** An offer was answered. */
  opened(session: RtcSession, wanted: AdmissionRequest, key: Grant['key']): void
  /** Its media may flow, so long after the answer. */
  connected(action: AdmissionRequest['action'], afterMs: number): void
  closed(session: RtcSession, action: AdmissionRequest['action'], reason: CodedError | null): void
}

/** Somebody who may. */
interface Admitted {
  readonly grant: Grant
  readonly visit: Visit
  readonly policy: RtcPolicy
  readonly wanted: AdmissionRequest
  /** As the answer tells them. */
  readonly candidates: readonly string[]
}

/** An offer, by whichever API. */
export interface RtcOffer {
  readonly sdp: string
  /** Whose it is, and of which stream. */
  readonly request: Omit<AdmissionRequest, 'action' | 'protocol' | 'visit'>
  /** The only codec that the client wants. */
  readonly codec?: RtcCodec | undefined
  /** How the client has come to us. */
  readonly reached?: Reached | undefined
  /** How the API writes its answers. */
  readonly naming?: { readonly username: string; readonly sessionName: string } | undefined
}

/** What a client is answered. */
export interface RtcAnswer {
  readonly sdp: string
  /** Secret: whoever knows it may end the session. */
  readonly sessionId: string
  /** Names of both sides in STUN, which SRS calls the session by. */
  readonly username: string
  readonly grant: Grant
}

/** Publishers and players of WebRTC. */
export class RtcGateway {
  readonly #deps: RtcGatewayDeps
  readonly #fanouts: Fanouts

  constructor(deps: RtcGatewayDeps) {
    this.#deps = deps
    this.#fanouts = new Fanouts(deps.port.sender)
  }

  get sessions(): RtcSessions {
    return this.#deps.sessions
  }

  /**
   * Takes a publisher's offer. The stream is its own as soon as it has connected.
   *
   * @throws ProtocolError `SDP_…` of an offer that can't be used
   * @throws AdmissionError of who may not, CodedError `RTC_DISABLED`, `RTC_FULL`
   */
  async publish(offer: RtcOffer): Promise<RtcAnswer> {
    // before anybody is asked: an offer that can't be used is nobody's
    const description = parseSdp(offer.sdp)
    agreeToPublish(description, wishesOf(offer, DEFAULT_RTC_POLICY))
    const { grant, visit, policy, wanted, candidates } = await this.#admit('publish', offer)
    return this.#orEnd(visit, () => {
      const { negotiated, tracks, extensions } = agreeToPublish(description, wishesOf(offer, policy))
      let broadcast: Broadcast | undefined
      let closeBridge: (() => void) | undefined
      const role: RtcPublisher = new RtcPublisher({
        tracks,
        extensions,
        dropPayloadType: policy.dropPayloadType,
        begin: (source) => {
          broadcast = this.#deps.broadcasts.begin({
            request: wanted,
            grant,
            encoder: wanted.client.userAgent,
            bytes: () => role.bytes.received,
            onEnd: () => session.close(),
          })
          const { stream, publication } = broadcast
          const feed = stream.packets.publish(source)
          closeBridge = this.#deps.bridges.toFrames(stream, publication)
          return feed
        },
        left: () => session.close(),
      })
      const session: RtcSession = this.#open({ negotiated, policy, role, wanted, grant, candidates }, (reason) => {
        closeBridge?.()
        broadcast?.publication.end(endReason(reason))
        visit.end()
      })
      return this.#answer(session, { offer, negotiated, grant, sent: [] })
    })
  }

  /**
   * Takes a player's offer. A stream that isn't there is waited for by the session.
   *
   * @throws as `publish`, ProtocolError `SDP_NO_CODEC` if the player can play nothing of the stream
   */
  async play(offer: RtcOffer): Promise<RtcAnswer> {
    const description = parseSdp(offer.sdp)
    const { grant, visit, policy, wanted, candidates } = await this.#admit('play', offer)
    const stream = this.#deps.hub.open(grant.key)
    this.#orEnd(visit, () => checkBridged(stream, policy))
    const { fanout, leave } = this.#fanouts.join(stream)
    visit.whenOver(leave)
    // another node may have it, or the publisher may just have come
    await trackWait(fanout, visit)
    return this.#orEnd(visit, () => {
      const { negotiated, tracks, sent } = agreeToPlay(description, fanout.tracks, wishesOf(offer, policy))
      const role = new RtcPlayer({
        fanout,
        sender: this.#deps.port.sender,
        tracks,
        cname: stream.id,
        unplayable: (codecs) => {
          this.#deps.logger.info({ ...fieldsOf(wanted, stream), codecs }, 'stream has other codecs now')
          session.close()
        },
        left: () => session.close(),
      })
      const session: RtcSession = this.#open({ negotiated, policy, role, wanted, grant, candidates }, () => {
        player.leave()
        visit.end()
      })
      const player = this.#deps.players.join({
        key: grant.key,
        streamId: grant.streamId,
        protocol: 'webrtc',
        client: wanted.client,
        bytes: () => role.bytes.sent,
        pass: grant.pass,
        kick: () => session.close(),
      })
      return this.#answer(session, { offer, negotiated, grant, sent })
    })
  }

  /** Ends a session. False when nobody has this id. */
  end(sessionId: string): boolean {
    const session = this.#deps.sessions.find(sessionId)
    session?.close()
    return session !== undefined
  }

  /** The peer restarts ICE: our half, as a fragment of SDP. @see RFC 9725 §4.3.3 */
  restart(session: RtcSession, remoteUfrag: string, mid: string): string {
    this.#deps.sessions.restart(session, remoteUfrag)
    return writeFragment(session.credentials, mid, session.candidates)
  }

  async #admit(action: 'publish' | 'play', { request, reached }: RtcOffer): Promise<Admitted> {
    const { sessions, maxSessions, admission, policyOf, port } = this.#deps
    if (sessions.size >= maxSessions) throw new CodedError('RTC_FULL', 'too many sessions')
    const visit = new Visit()
    const param = action === 'publish' ? markUpstream(request.param) : request.param
    const wanted: AdmissionRequest = { ...request, action, protocol: 'webrtc', param, visit }
    try {
      const grant = await admission.admit(wanted)
      const { rtc: policy } = policyOf(grant.key.vhost)
      if (!policy) throw new CodedError('RTC_DISABLED', 'this vhost has no WebRTC')
      const candidates = await candidatesOf(port, this.#deps.candidates(), reached)
      return { grant, visit, policy, wanted, candidates }
    } catch (error) {
      visit.end()
      if (action === 'publish') this.#deps.broadcasts.rejected(wanted, error)
      throw error
    }
  }

  /** What was begun for a client that can't be answered is over. */
  #orEnd<T>(visit: Visit, step: () => T): T {
    try {
      return step()
    } catch (error) {
      visit.end()
      throw error
    }
  }

  #open(
    what: Omit<Admitted, 'visit'> & { negotiated: Negotiated; role: SessionRole },
    onClosed: (reason: CodedError | null) => void,
  ): RtcSession {
    const { negotiated, policy, role, wanted, grant, candidates } = what
    const { engine, sessions, logger } = this.#deps
    const fields = { action: wanted.action, ...fieldsOf(wanted, grant.key) }
    const session: RtcSession = new RtcSession(
      {
        id: randomBytes(16).toString('base64url'),
        engine,
        remoteUfrag: negotiated.remoteIce.ufrag,
        consentTimeoutMs: policy.stunTimeoutMs,
        dtls: {
          role: negotiated.setup === 'active' ? 'client' : 'server',
          remoteFingerprints: negotiated.remoteFingerprints,
        },
        role,
        candidates,
        onConnected: (afterMs) => this.#deps.observer.connected(wanted.action, afterMs),
        onClosed: (reason) => {
          sessions.remove(session)
          this.#deps.observer.closed(session, wanted.action, reason)
          onClosed(reason)
          logClosed(logger, fields, session, reason)
        },
      },
      performance.now(),
    )
    sessions.add(session)
    this.#deps.observer.opened(session, wanted, grant.key)
    return session
  }

  #answer(
    session: RtcSession,
    {
      offer,
      negotiated,
      grant,
      sent,
    }: { offer: RtcOffer; negotiated: Negotiated; grant: Grant; sent: readonly SentTrack[] },
  ): RtcAnswer {
    const { engine } = this.#deps
    const { vhost: _vhost, app, name } = grant.key
    const sdp = writeAnswer(negotiated, {
      ice: session.credentials,
      fingerprint: engine.fingerprint,
      candidates: session.candidates,
      sessionId: String(randomInt(2 ** 47)),
      stream: `${app}/${name}`,
      tracks: sent,
      ...offer.naming,
    })
    return { sdp, sessionId: session.id, username: session.username, grant }
  }
}

/** What is published by others reaches players of WebRTC by a bridge alone. */
function checkBridged({ publication, packets }: LiveStream, { bridges }: RtcPolicy): void {
  if (publication && !packets.source && !bridges.toPackets)
    throw new CodedError('RTC_NOT_BRIDGED', 'this stream is published by another protocol, and not bridged to WebRTC')
}

/** Backends know publishers of WebRTC by this. @see SRS 4 `srs_app_rtc_api.cpp` */
const markUpstream = (param = ''): string => (param === '' ? 'upstream=rtc' : `${param}&upstream=rtc`)

function wishesOf({ codec }: RtcOffer, { nack, transportCc, dtlsRole }: RtcPolicy): OfferWishes {
  return { codec, nack, transportCc, setup: dtlsRole }
}

function fieldsOf({ client }: AdmissionRequest, stream: LiveStream | Grant['key']): LogFields {
  const id = 'id' in stream ? stream.id : `${stream.vhost}/${stream.app}/${stream.name}`
  return { proto: 'webrtc', peer: client.ip, stream: id }
}

function logClosed(logger: Logger, fields: LogFields, session: RtcSession, reason: CodedError | null): void {
  const { sent, received } = session.role.bytes
  const told = {
    ...fields,
    duration_ms: Math.round(performance.now() - session.openedAtMs),
    bytes_in: received,
    bytes_out: sent,
    ...session.counters,
  }
  if (reason) logger.info({ ...told, code: reason.code, reason: reason.message }, 'WebRTC session ended')
  else logger.info(told, 'WebRTC session ended')
}

function endReason(reason: CodedError | null): EndReason {
  return reason?.code === 'WEBRTC_CONSENT_EXPIRED' || reason?.code === 'WEBRTC_CONNECT_TIMEOUT'
    ? 'timeout'
    : 'publisher_closed'
}
