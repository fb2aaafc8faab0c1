import { ProtocolError, type CodedError } from '@millrace/core'
import { readRtcp, writeRtcp, type RtcpPacket } from '@millrace/rtp'
import type { IceCredentials } from '@millrace/sdp'
import {
  IceLite,
  makeIceCredentials,
  Peer,
  type CryptoEngine,
  type DtlsOptions,
  type Path,
  type PeerHandlers,
} from '@millrace/webrtc'

import type { SessionRole } from './role.ts'

export interface RtcSessionOptions {
  /** Of its resource, which whoever knows it may end: 128 random bits. */
  readonly id: string
  readonly engine: CryptoEngine
  readonly dtls: DtlsOptions
  /** The peer's `ice-ufrag`. */
  readonly remoteUfrag: string
  /** Time without a sign of life after which the peer is gone. */
  readonly consentTimeoutMs: number
  readonly role: SessionRole
  /** Values of `a=candidate` that the peer was told. */
  readonly candidates: readonly string[]
  /** Media may flow, so long after the answer. */
  readonly onConnected: (afterMs: number) => void
  /** Last call, once. */
  readonly onClosed: (reason: CodedError | null) => void
}

/** One peer connection, from the answer to its end. */
export class RtcSession {
  readonly id: string
  readonly role: SessionRole
  /** Names in STUN that it has had: those before a restart may still come. */
  readonly ufrags = new Set<string>()
  /** What it is known by at the port. */
  readonly paths = new Set<string>()
  readonly openedAtMs: number
  /** Values of `a=candidate` that the peer was told. */
  readonly candidates: readonly string[]
  readonly #ice: IceLite
  readonly #peer: Peer
  readonly #onConnected: RtcSessionOptions['onConnected']
  readonly #onClosed: (reason: CodedError | null) => void
  #local: IceCredentials
  #remoteUfrag: string
  #badRtcp = 0

  constructor(options: RtcSessionOptions, nowMs: number) {
    const { id, engine, dtls, role, candidates, onConnected, onClosed, remoteUfrag, consentTimeoutMs } = options
    this.id = id
    this.candidates = candidates
    this.#onConnected = onConnected
    this.role = role
    this.openedAtMs = nowMs
    this.#local = this.#newCredentials()
    this.#remoteUfrag = remoteUfrag
    this.#onClosed = onClosed
    this.#ice = new IceLite({ local: this.#local, remoteUfrag, nowMs, consentTimeoutMs })
    this.#peer = new Peer({ engine, dtls, ice: this.#ice }, this.#handlers(), nowMs)
  }

  /** Ours, for the answer. */
  get credentials(): IceCredentials {
    return this.#local
  }

  /** The peer's `ice-ufrag`. */
  get remoteUfrag(): string {
    return this.#remoteUfrag
  }

  /** Both sides' names in STUN: what SRS calls a session. */
  get username(): string {
    return `${this.#local.ufrag}:${this.#remoteUfrag}`
  }

  get connected(): boolean {
    return this.#peer.srtp !== undefined && !this.#peer.closed
  }

  get path(): Path | undefined {
    return this.#peer.path
  }

  /** What of its datagrams could not be used. */
  get counters(): Readonly<Record<string, number>> {
    const { unknown, early } = this.#peer.counters
    const { replayed = 0, forged = 0 } = this.#peer.srtp?.counters ?? {}
    return { unknown, early, replayed, forged, bad_rtcp: this.#badRtcp, bad_stun: this.#ice.refused }
  }

  get deadlineMs(): number {
    return Math.min(this.#peer.deadlineMs ?? Infinity, this.role.deadlineMs ?? Infinity)
  }

  receive(datagram: Uint8Array, path: Path, nowMs: number): void {
    this.#peer.receive(datagram, path, nowMs)
  }

  tick(nowMs: number): void {
    this.#peer.tick(nowMs)
    if (this.connected) this.role.tick(nowMs)
  }

  /** The peer begins to look for ways anew; `RtcSessions.restart` calls it. */
  restart(remoteUfrag: string): void {
    this.#local = this.#newCredentials()
    this.#remoteUfrag = remoteUfrag
    this.#ice.restart(this.#local, remoteUfrag)
  }

  close(): void {
    this.#peer.close()
  }

  #newCredentials(): IceCredentials {
    const credentials = makeIceCredentials()
    this.ufrags.add(credentials.ufrag)
    return credentials
  }

  #handlers(): PeerHandlers {
    return {
      connected: (srtp) => {
        const { path } = this.#peer
        this.#onConnected(performance.now() - this.openedAtMs)
        if (path) this.role.connected({ srtp, path, sendRtcp: (packets) => this.#sendRtcp(packets) })
      },
      moved: (path) => this.role.moved(path),
      rtp: (packet, nowMs) => this.role.rtp(packet, nowMs),
      rtcp: (packet, nowMs) => this.#rtcp(packet, nowMs),
      closed: (reason) => this.#closed(reason),
    }
  }

  #rtcp(packet: Uint8Array, nowMs: number): void {
    let packets
    try {
      packets = readRtcp(packet)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#badRtcp++
      return
    }
    this.role.rtcp(packets, nowMs)
  }

  #sendRtcp(packets: readonly RtcpPacket[]): void {
    this.#peer.sendRtcp(writeRtcp(packets))
  }

  #closed(reason: CodedError | null): void {
    this.role.ended()
    this.#onClosed(reason)
  }
}
