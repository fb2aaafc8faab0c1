import { CodedError, ProtocolError } from '@millrace/core'

import { classify } from './demux.ts'
import type { CryptoEngine, DtlsEndpoint, DtlsOptions, SrtpSession } from './engine.ts'
import type { IceLite, PeerAddress } from './ice-lite.ts'

/** A way to the peer: an address for UDP, or a connection for ICE-TCP. The same way is the same object. */
export interface Path {
  readonly address: PeerAddress
  send(datagram: Uint8Array): void
}

/** What a peer tells its owner, at once and in order. Methods must not throw. */
export interface PeerHandlers {
  /** The handshake is done: media may be sent with this, which the peer closes when it ends. */
  connected(srtp: SrtpSession): void
  /** The peer is reached another way from now on; the first call comes before `connected`. */
  moved(path: Path): void
  /** A packet that was let in, without its protection; the memory is the owner's. */
  rtp(packet: Uint8Array, nowMs: number): void
  /** A compound packet that was let in; the memory is the owner's. */
  rtcp(packet: Uint8Array, nowMs: number): void
  /** Last call: null when the peer has said goodbye or the owner has closed. */
  closed(reason: CodedError | null): void
}

export interface PeerOptions {
  readonly engine: CryptoEngine
  readonly ice: IceLite
  readonly dtls: DtlsOptions
  /** Longest time from the first sign of life to the end of the handshake, in milliseconds. Default 15 000. */
  readonly handshakeTimeoutMs?: number
  /** Longest time from the beginning to the first sign of life, in milliseconds. Default 30 000. */
  readonly connectTimeoutMs?: number
}

/** What the peer has sent that could not be used. */
export interface PeerCounters {
  /** Neither STUN nor DTLS nor RTP. */
  unknown: number
  /** Media before there were keys. */
  early: number
}

/**
 * One WebRTC peer, we being ICE-lite: proves by STUN that it is reached, agrees on keys by DTLS, takes the protection off its
 * packets. Time is an argument, and datagrams go out by the path that they concern.
 *
 * @see RFC 8445 §2.5, RFC 5763, RFC 7983
 */
export class Peer {
  readonly counters: PeerCounters = { unknown: 0, early: 0 }
  readonly #engine: CryptoEngine
  readonly #ice: IceLite
  readonly #dtls: DtlsEndpoint
  readonly #client: boolean
  readonly #handlers: PeerHandlers
  readonly #handshakeTimeoutMs: number
  /** When it is given up unless it has connected, monotonic. */
  #connectByMs: number
  #path: Path | undefined
  #srtp: SrtpSession | undefined
  #closed = false

  constructor(options: PeerOptions, handlers: PeerHandlers, nowMs: number) {
    this.#engine = options.engine
    this.#ice = options.ice
    this.#dtls = options.engine.openDtls(options.dtls)
    this.#client = options.dtls.role === 'client'
    this.#handlers = handlers
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs ?? 15_000
    this.#connectByMs = nowMs + (options.connectTimeoutMs ?? 30_000)
  }

  /** The way it is reached; undefined before its first sign of life. */
  get path(): Path | undefined {
    return this.#path
  }

  /** Undefined before the handshake is done. */
  get srtp(): SrtpSession | undefined {
    return this.#srtp
  }

  get closed(): boolean {
    return this.#closed
  }

  /** When `tick` wants to be called, monotonic; undefined once it is closed. */
  get deadlineMs(): number | undefined {
    if (this.#closed) return undefined
    const dtlsMs = this.#path ? (this.#dtls.deadlineMs ?? Infinity) : Infinity
    return Math.min(dtlsMs, this.#srtp ? this.#ice.deadlineMs : this.#connectByMs)
  }

  /**
   * @param datagram becomes the peer's: it is written to
   * @param path that it came by; unproven unless STUN has come by it
   */
  receive(datagram: Uint8Array, path: Path, nowMs: number): void {
    if (this.#closed) return
    switch (classify(datagram)) {
      case 'stun':
        return this.#stun(datagram, path, nowMs)
      case 'dtls':
        return this.#handshake(() => this.#dtls.receive(datagram, nowMs))
      case 'rtp':
        return this.#rtp(datagram, nowMs)
      case 'rtcp':
        return this.#rtcp(datagram, nowMs)
      case 'unknown':
        this.counters.unknown++
    }
  }

  /** Called when `deadlineMs` has passed. */
  tick(nowMs: number): void {
    if (this.#closed) return
    if (this.#srtp) {
      if (nowMs >= this.#ice.deadlineMs)
        return this.#end(new ProtocolError('WEBRTC_CONSENT_EXPIRED', 'no sign of life'))
    } else if (nowMs >= this.#connectByMs) {
      const stage = this.#path ? 'DTLS handshake not done' : 'no STUN came: is the UDP port reachable?'
      return this.#end(new ProtocolError('WEBRTC_CONNECT_TIMEOUT', stage))
    }
    const { deadlineMs } = this.#dtls
    if (this.#path && deadlineMs !== undefined && nowMs >= deadlineMs) this.#handshake(() => this.#dtls.tick(nowMs))
  }

  /** Sends a compound RTCP packet; nothing before the handshake is done, or once it is closed. */
  sendRtcp(packet: Uint8Array): void {
    if (this.#srtp && this.#path && !this.#closed) this.#path.send(this.#srtp.protectRtcp(packet))
  }

  /** Says goodbye. */
  close(): void {
    this.#end(null)
  }

  #stun(datagram: Uint8Array, path: Path, nowMs: number): void {
    const { reply, selected } = this.#ice.handle(datagram, path.address, nowMs)
    if (reply) path.send(reply)
    if (!selected) return
    const first = this.#path === undefined
    this.#path = path
    this.#handlers.moved(path)
    if (!first) return
    this.#connectByMs = nowMs + this.#handshakeTimeoutMs
    // what a client sends before it is reached would be lost
    if (this.#client) this.#handshake(() => this.#dtls.tick(nowMs))
  }

  #handshake(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#pump()
      return this.#end(
        error instanceof CodedError ? error : new ProtocolError('DTLS_FAILED', 'handshake failed', { cause: error }),
      )
    }
    this.#pump()
  }

  #pump(): void {
    for (let output = this.#dtls.poll(); output; output = this.#dtls.poll()) {
      if (output.type === 'send') this.#path?.send(output.data)
      else if (output.type === 'event') this.#connected(this.#engine.openSrtp(output.event.keys))
      else return this.#end(output.reason)
    }
  }

  #connected(srtp: SrtpSession): void {
    this.#srtp = srtp
    this.#handlers.connected(srtp)
  }

  #rtp(datagram: Uint8Array, nowMs: number): void {
    if (!this.#srtp) {
      this.counters.early++
      return
    }
    const packet = this.#srtp.unprotectRtp(datagram)
    if (packet) this.#handlers.rtp(packet, nowMs)
  }

  #rtcp(datagram: Uint8Array, nowMs: number): void {
    if (!this.#srtp) {
      this.counters.early++
      return
    }
    const packet = this.#srtp.unprotectRtcp(datagram)
    if (packet) this.#handlers.rtcp(packet, nowMs)
  }

  #end(reason: CodedError | null): void {
    if (this.#closed) return
    this.#closed = true
    // it holds memory of the engine until then
    this.#dtls.close(reason)
    // who has withdrawn its consent is sent nothing. @see RFC 7675 §5.1
    const path = reason?.code === 'WEBRTC_CONSENT_EXPIRED' ? undefined : this.#path
    for (let output = this.#dtls.poll(); output; output = this.#dtls.poll())
      if (output.type === 'send') path?.send(output.data)
    this.#srtp?.close()
    this.#handlers.closed(reason)
  }
}
