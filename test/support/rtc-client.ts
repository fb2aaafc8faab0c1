/** A WebRTC client of our own parts: quick to connect, many in one process, and it sends what no browser would. */
import { randomBytes } from 'node:crypto'

import { CodedError, type Scope } from '@millrace/core'
import { readRtcp, readRtpHeader, RTP_HEADER_BYTES, writeRtcp, writeRtpHeader, type RtcpPacket } from '@millrace/rtp'
import {
  makeIceCredentials,
  readStun,
  stunKey,
  verifyIntegrity,
  writeStun,
  classify,
  type CryptoEngine,
  type DtlsEndpoint,
  type Fingerprint,
  type SrtpSession,
} from '@millrace/webrtc'

import { SupportError } from './errors.ts'
import { openTcpLink, openUdpLink, type RtcLink } from './rtc-link.ts'
import {
  offeredTracks,
  playedTracks,
  readAnswer,
  writeOffer,
  type ReadAnswer,
  type RtcClientTrack,
  type RtcOfferOptions,
} from './rtc-offer.ts'

/** Until a check is answered. */
const CHECK_AGAIN_MS = 50
/** Between checks that keep consent. @see RFC 7675 §5.1 */
const CONSENT_MS = 4000
const PRIORITY = 0x6e7f_1eff

export interface RtcClientOptions extends RtcOfferOptions {
  /** `openOpensslEngine()`, shared by all clients of a test. */
  readonly engine: CryptoEngine
  /** Of WHIP or WHEP. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Default UDP. */
  readonly transport?: 'udp' | 'tcp'
  /** Shown in the offer instead of the engine's: a certificate that isn't ours. */
  readonly fingerprint?: Fingerprint
  /** What the network does with a datagram: calls `deliver` now, later, twice or never. */
  readonly network?: (datagram: Uint8Array, way: 'out' | 'in', deliver: (datagram: Uint8Array) => void) => void
  /** A packet without its protection, its memory the callee's. */
  readonly onRtp?: (packet: Uint8Array, nowMs: number) => void
  readonly onRtcp?: (packets: readonly RtcpPacket[], nowMs: number) => void
}

/** A packet to send. */
export interface RtcClientPacket {
  /** With its wraps counted, from below 32,768 on. */
  readonly sequence: number
  readonly timestamp: number
  readonly marker: boolean
  readonly payload: Uint8Array
}

/** One publisher or player. It checks, shakes hands and keeps consent by itself until it is closed. */
export class RtcClient {
  readonly tracks: readonly RtcClientTrack[]
  readonly answer: ReadAnswer
  /** Of the session; absolute. */
  readonly location: string
  readonly #options: RtcClientOptions
  readonly #username: string
  readonly #key: ReturnType<typeof stunKey>
  readonly #dtls: DtlsEndpoint
  readonly #connected = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<CodedError | null>()
  #link: RtcLink | undefined
  #srtp: SrtpSession | undefined
  #timer: NodeJS.Timeout | undefined
  #checkMs = 0
  #reached = false
  #closed = false
  #lastProtected: Uint8Array | undefined

  private constructor(
    options: RtcClientOptions,
    made: Pick<RtcClient, 'tracks' | 'answer' | 'location'> & { ufrag: string },
  ) {
    this.#options = options
    this.tracks = made.tracks
    this.answer = made.answer
    this.location = made.location
    this.#username = `${made.answer.ice.ufrag}:${made.ufrag}`
    this.#key = stunKey(made.answer.ice.pwd)
    const { role, fingerprints: remoteFingerprints } = made.answer
    this.#dtls = options.engine.openDtls({ role, remoteFingerprints })
    this.#connected.promise.catch(() => {})
  }

  /** Makes the offer, and begins to connect by the answer's first candidate. Closes with `scope`. Rejects when refused. */
  static async open(scope: Scope, options: RtcClientOptions): Promise<RtcClient> {
    const { url, engine, headers, action, transport = 'udp' } = options
    const ice = makeIceCredentials()
    const offered = offeredTracks(options)
    const fingerprint = options.fingerprint ?? engine.fingerprint
    const body = writeOffer(options, offered, { ice, fingerprint })
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', ...headers },
      body,
    })
    const text = await response.text()
    if (response.status !== 201) throw new SupportError('SUPPORT_RTC_REFUSED', `${response.status} ${text}`)
    const answer = readAnswer(text)
    const location = new URL(response.headers.get('location') ?? '', url).href
    const tracks = action === 'publish' ? offered : playedTracks(offered, answer)
    const client = new RtcClient(options, { tracks, answer, location, ufrag: ice.ufrag })
    scope.defer(() => client.vanish())
    await client.#begin(transport)
    return client
  }

  /** As `open`, and waits for the end of the handshake. */
  static async connect(scope: Scope, options: RtcClientOptions): Promise<RtcClient> {
    const client = await RtcClient.open(scope, options)
    await client.connected
    return client
  }

  /** Resolves when media may be sent; rejects if the handshake fails or the client is closed before. */
  get connected(): Promise<void> {
    return this.#connected.promise
  }

  /** Resolves with the reason when the server has said goodbye, the handshake has failed or the client was closed. */
  get ended(): Promise<CodedError | null> {
    return this.#ended.promise
  }

  get srtp(): SrtpSession | undefined {
    return this.#srtp
  }

  track(kind: 'video' | 'audio'): RtcClientTrack {
    const track = this.tracks.find((each) => each.kind === kind)
    if (!track) throw new SupportError('SUPPORT_RTC_TRACK', `no ${kind}`)
    return track
  }

  /** Sends a packet of a track. */
  sendRtp({ payloadType, ssrc }: Pick<RtcClientTrack, 'payloadType' | 'ssrc'>, packet: RtcClientPacket): void {
    const bytes = new Uint8Array(RTP_HEADER_BYTES + packet.payload.length)
    writeRtpHeader(bytes, 0, { ...packet, payloadType, ssrc })
    bytes.set(packet.payload, RTP_HEADER_BYTES)
    this.#protected(this.#srtp?.protectRtp(bytes, packet.sequence))
  }

  sendRtcp(packets: readonly RtcpPacket[]): void {
    this.#protected(this.#srtp?.protectRtcp(writeRtcp(packets)))
  }

  /** Sends compound RTCP of any bytes, protected as it must be. */
  sendRawRtcp(packet: Uint8Array): void {
    this.#protected(this.#srtp?.protectRtcp(packet))
  }

  /** The datagram sent last, sent again. */
  replay(): void {
    if (this.#lastProtected) this.sendRaw(this.#lastProtected)
  }

  /** Sends any datagram as it is. */
  sendRaw(datagram: Uint8Array): void {
    const { network } = this.#options
    const deliver = (bytes: Uint8Array): void => this.#link?.send(bytes)
    if (network) network(datagram, 'out', deliver)
    else deliver(datagram)
  }

  /** Asks again whether the server is there, with USE-CANDIDATE. */
  check(): void {
    const transactionId = randomBytes(12)
    const tieBreaker = new Uint8Array(8)
    this.sendRaw(
      writeStun(
        {
          class: 'request',
          transactionId,
          username: this.#username,
          priority: PRIORITY,
          useCandidate: true,
          iceRole: 'controlling',
          tieBreaker,
        },
        this.#key,
      ),
    )
  }

  /** Goes on from another address. */
  async move(): Promise<void> {
    await this.#link?.move()
    this.check()
  }

  /** Ends the session by its resource. Returns the status. */
  async delete(): Promise<number> {
    const { status } = await fetch(this.location, { method: 'DELETE', headers: { ...this.#options.headers } })
    return status
  }

  /** Says goodbye by DTLS. */
  close(): void {
    if (this.#closed) return
    this.#dtls.close(null)
    this.#pump()
    this.vanish()
  }

  /** Is gone without a word. */
  vanish(): void {
    this.#end(new SupportError('SUPPORT_RTC_CLOSED', 'the client is closed'))
  }

  async #begin(transport: 'udp' | 'tcp'): Promise<void> {
    const candidate = this.answer.candidates.find((each) => each.transport === transport)
    if (!candidate) throw new SupportError('SUPPORT_RTC_ANSWER', `no candidate by ${transport}`)
    const open = transport === 'udp' ? openUdpLink : openTcpLink
    const { network } = this.#options
    const deliver = (datagram: Uint8Array): void => this.#receive(datagram)
    this.#link = await open({ ip: candidate.address, port: candidate.port }, (datagram) =>
      network ? network(datagram, 'in', deliver) : deliver(datagram),
    )
    if (this.#closed) this.#link.close()
    else this.#tick()
  }

  #receive(datagram: Uint8Array): void {
    if (this.#closed) return
    const nowMs = performance.now()
    switch (classify(datagram)) {
      case 'stun':
        return this.#answered(datagram)
      case 'dtls':
        return this.#shake(() => this.#dtls.receive(datagram, nowMs))
      case 'rtp': {
        const packet = this.#srtp?.unprotectRtp(datagram)
        if (packet) this.#options.onRtp?.(packet, nowMs)
        return
      }
      case 'rtcp': {
        const packet = this.#srtp?.unprotectRtcp(datagram)
        if (packet) this.#options.onRtcp?.(readRtcp(packet), nowMs)
        return
      }
      default:
    }
  }

  #answered(datagram: Uint8Array): void {
    const message = readStun(datagram)
    if (message.class !== 'success' || !verifyIntegrity(datagram, message, this.#key)) return
    if (this.#reached) return
    this.#reached = true
    if (this.answer.role === 'client') this.#shake(() => this.#dtls.tick(performance.now()))
  }

  #shake(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#pump()
      return this.#end(
        error instanceof CodedError ? error : new SupportError('SUPPORT_RTC_DTLS', 'failed', { cause: error }),
      )
    }
    this.#pump()
    this.#arm()
  }

  #pump(): void {
    for (let output = this.#dtls.poll(); output; output = this.#dtls.poll()) {
      if (output.type === 'send') this.sendRaw(output.data)
      else if (output.type === 'event') {
        this.#srtp = this.#options.engine.openSrtp(output.event.keys)
        this.#connected.resolve()
      } else return this.#end(output.reason)
    }
  }

  #protected(packet: Uint8Array | undefined): void {
    if (!packet) return
    // it is the engine's memory
    this.#lastProtected = Uint8Array.from(packet)
    this.sendRaw(this.#lastProtected)
  }

  #tick(): void {
    const nowMs = performance.now()
    if (nowMs >= this.#checkMs) {
      this.#checkMs = nowMs + (this.#reached ? CONSENT_MS : CHECK_AGAIN_MS)
      this.check()
    }
    const { deadlineMs } = this.#dtls
    if (this.#reached && deadlineMs !== undefined && nowMs >= deadlineMs) this.#shake(() => this.#dtls.tick(nowMs))
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    const dtlsMs = this.#reached ? (this.#dtls.deadlineMs ?? Infinity) : Infinity
    const waitMs = Math.min(this.#checkMs, dtlsMs) - performance.now()
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, waitMs) + 1)
  }

  #end(reason: CodedError | null): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#dtls.close(null)
    this.#srtp?.close()
    this.#link?.close()
    this.#connected.reject(reason ?? new SupportError('SUPPORT_RTC_CLOSED', 'the server has said goodbye'))
    this.#ended.resolve(reason)
  }
}

/** Header fields and payload of a plain packet. */
export function readMedia(packet: Uint8Array): { header: ReturnType<typeof readRtpHeader>; payload: Uint8Array } {
  const header = readRtpHeader(packet)
  return { header, payload: packet.subarray(header.headerBytes, header.payloadEnd) }
}
