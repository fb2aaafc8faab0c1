import type dgram from 'node:dgram'

import type { Address } from '@millrace/core'
import type { CryptoEngine, SrtpSession } from '@millrace/webrtc'

/** An RTP packet that goes to many: each gets its own header, and all the same payload. */
export interface OutgoingPacket {
  /** Unwrapped; each target adds its offset. */
  readonly sequence: number
  /** Unwrapped; each target adds its offset. */
  readonly timestamp: number
  readonly marker: boolean
  readonly payload: Uint8Array
}

/** Where one peer gets the packets of one SSRC. What may change is read anew for each packet. */
export interface PacketTarget {
  readonly session: SrtpSession
  readonly ssrc: number
  readonly payloadType: number
  /** By UDP to an address, or by a function that takes the protected packet, which is the engine's memory, and must not call the sender; undefined for nowhere as yet. */
  destination: Address | ((datagram: Uint8Array) => void) | undefined
  /** Added to the packet's own; the sum must not be negative, and only its lower 48 bits count. */
  sequenceOffset: number
  timestampOffset: number
  /** Header extension with its profile and length words, a multiple of 4 bytes; empty for none. */
  extension: Uint8Array
}

/** What a target is made of. */
export interface TargetOptions {
  readonly session: SrtpSession
  readonly ssrc: number
  readonly payloadType: number
}

/** Sends what a UDP socket of ours has to, in batches. */
export interface PacketSender {
  target(options: TargetOptions): PacketTarget
  /**
   * Protects packets for each target and queues them. A target without destination, or of a closed session, is passed over. Packets
   * that are given together cost less to send than one by one, where they are of one length.
   */
  fanOut(packets: readonly OutgoingPacket[], targets: readonly PacketTarget[]): void
  /** Queues a datagram as it is; the bytes are copied. */
  send(datagram: Uint8Array, to: Address): void
  /** Hands all that is queued to the operating system. What it doesn't take, also after a short wait, is lost and counted. */
  flush(): void
  readonly counters: { readonly sent: number; readonly unsent: number }
  close(): void
}

/** DTLS, SRTP and the sending of datagrams: what costs a WebRTC server its time. */
export interface PacketEngine extends CryptoEngine {
  /** As the log says it. */
  readonly name: 'addon' | 'openssl' | 'typescript'
  /** @param socket bound */
  openSender(socket: dgram.Socket): PacketSender
  /** Frees what is shared, once all endpoints and sessions are closed as well; nothing can be opened any more. */
  close(): void
}
