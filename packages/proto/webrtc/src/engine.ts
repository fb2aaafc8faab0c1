import type { Machine } from '@millrace/core'
import type { Fingerprint } from '@millrace/sdp'

export type { Fingerprint }

/** Protection profiles, in the order in which we want them. @see RFC 5764 §4.1.2 and RFC 7714 §14.2 */
export type SrtpProfile = 'SRTP_AEAD_AES_128_GCM' | 'SRTP_AES128_CM_SHA1_80'

/** Master keys and salts of both directions, as DTLS exports them. @see RFC 5764 §4.2 */
export interface SrtpKeys {
  readonly profile: SrtpProfile
  readonly localKey: Uint8Array
  readonly localSalt: Uint8Array
  readonly remoteKey: Uint8Array
  readonly remoteSalt: Uint8Array
}

export interface DtlsOptions {
  readonly role: 'client' | 'server'
  /** The peer's certificate must have one of these. */
  readonly remoteFingerprints: readonly Fingerprint[]
}

/** The handshake is done, and the peer has proven to own the certificate of the fingerprint. */
export interface DtlsConnected {
  readonly type: 'connected'
  readonly keys: SrtpKeys
}

/**
 * One end of a DTLS 1.2 association that only agrees on SRTP keys. A client begins with the first `tick`. Throws ProtocolError
 * `DTLS_…` from `receive` and `tick` when the handshake fails; `closed` follows a close_notify of the peer.
 */
export type DtlsEndpoint = Machine<DtlsConnected>

/** Why packets were not let in. */
export interface SrtpCounters {
  /** Had been there before, or were older than the replay window. */
  readonly replayed: number
  /** Authentication failed, or the packet was too short. */
  readonly forged: number
}

/** Protects and unprotects the packets of one peer. Knows each SSRC's index (rollover counter and sequence number) by itself. */
export interface SrtpSession {
  readonly counters: SrtpCounters
  /**
   * @param packet is overwritten
   * @returns the plain packet, in the same memory; undefined for one that must not be let in
   */
  unprotectRtp(packet: Uint8Array): Uint8Array | undefined
  /** As `unprotectRtp`, for a compound RTCP packet. */
  unprotectRtcp(packet: Uint8Array): Uint8Array | undefined
  /**
   * @param index of the packet, 48 bits: its sequence number with the wraps counted, which a retransmission has to repeat
   * @returns memory of the engine, good until its next call
   */
  protectRtp(packet: Uint8Array, index: number): Uint8Array
  /** As `protectRtp`; counts the SRTCP index itself. */
  protectRtcp(packet: Uint8Array): Uint8Array
  readonly closed: boolean
  /** Forgets the keys. Afterwards nothing is let in, and protecting throws InvariantError `SRTP_UNFIT`. */
  close(): void
}

/** What makes a node's packets safe. */
export interface CryptoEngine {
  /** Of the certificate that all its DTLS endpoints show. */
  readonly fingerprint: Fingerprint
  openDtls(options: DtlsOptions): DtlsEndpoint
  openSrtp(keys: SrtpKeys): SrtpSession
}
