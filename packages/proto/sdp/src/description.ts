/** Which way media flows, seen by whoever wrote the description. @see RFC 8866 §6.7 */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** Who begins the DTLS handshake. @see RFC 8842 §5.1 */
export type DtlsSetup = 'actpass' | 'active' | 'passive' | 'holdconn'

/** An attribute that has no field of its own; `value` is empty for flags. */
export interface SdpAttribute {
  readonly name: string
  readonly value: string
}

/** Short-term credentials of one side. @see RFC 8839 §5.4 */
export interface IceCredentials {
  /** 4 to 256 letters, digits, `+` and `/`. */
  readonly ufrag: string
  /** 22 to 256 of the same. */
  readonly pwd: string
}

/** Digest of a certificate. @see RFC 8122 §5 */
export interface Fingerprint {
  /** `sha-256`, `sha-384`, `sha-512` or, of old peers, `sha-1`; lower case. */
  readonly algorithm: string
  /** Upper-case pairs of hexadecimal digits with colons between. */
  readonly value: string
}

/** One payload type of a media description. @see RFC 8866 §6.6, RFC 4585 §4.2 */
export interface SdpCodec {
  readonly payloadType: number
  /** As written, for example `H264`; compare without regard to case. */
  readonly name: string
  /** Hz. */
  readonly clockRate: number
  /** 1 unless `a=rtpmap` tells. */
  readonly channels: number
  /** Format parameters as written, without the payload type; empty for none. */
  readonly fmtp: string
  /** Values of `a=rtcp-fb`, for example `nack pli`; those of `*` are here too. */
  readonly feedback: readonly string[]
}

/** An RTP header extension. @see RFC 8285 §5 */
export interface HeaderExtension {
  readonly id: number
  readonly uri: string
  readonly direction: MediaDirection
}

/** A source and what is said of it. @see RFC 5576 §4.1 */
export interface SdpSource {
  readonly ssrc: number
  readonly attributes: readonly SdpAttribute[]
}

/** Sources that belong together, for example `FID`: media, retransmissions. @see RFC 5576 §4.2 */
export interface SdpSourceGroup {
  readonly semantics: string
  readonly ssrcs: readonly number[]
}

/** An encoding that a source may have. @see RFC 8851 */
export interface SdpRid {
  readonly id: string
  readonly direction: 'send' | 'recv'
  /** Of `pt=`; empty for any. */
  readonly payloadTypes: readonly number[]
  /** The other restrictions as written, for example `max-width=1280`; empty for none. */
  readonly restrictions: string
}

/** One stream of a simulcast: alternatives, of which one is used. @see RFC 8853 §5.1 */
export interface SimulcastStream {
  readonly rids: readonly string[]
  /** Whether it begins paused. */
  readonly paused: boolean
}

/** Streams of a simulcast in each direction, as they stand in `a=simulcast`. */
export interface Simulcast {
  readonly send: readonly SimulcastStream[]
  readonly recv: readonly SimulcastStream[]
}

/** Stream and track that a media description belongs to. @see RFC 8830 */
export interface Msid {
  /** `-` for no stream. */
  readonly stream: string
  /** Empty when left out. */
  readonly track: string
}

/** One `m=` section. What the session says for all of its media is in each of them. */
export interface MediaDescription {
  /** `audio`, `video`, `application`, … */
  readonly kind: string
  /** 0 is rejected or stopped, unless `bundleOnly`. */
  readonly port: number
  /** For example `UDP/TLS/RTP/SAVPF`. */
  readonly protocol: string
  /** Of the `m=` line: payload types in order of preference, or what the protocol has instead. */
  readonly formats: readonly string[]
  /** Of the `c=` line. */
  readonly address: string | null
  readonly mid: string | null
  readonly direction: MediaDirection
  readonly ice: IceCredentials | null
  readonly iceOptions: readonly string[]
  readonly fingerprints: readonly Fingerprint[]
  readonly setup: DtlsSetup | null
  readonly rtcpMux: boolean
  /** RTCP packets need not be compound. @see RFC 5506 */
  readonly rtcpRsize: boolean
  readonly bundleOnly: boolean
  /** In the order of `formats`. */
  readonly codecs: readonly SdpCodec[]
  readonly extensions: readonly HeaderExtension[]
  readonly msids: readonly Msid[]
  readonly sources: readonly SdpSource[]
  readonly sourceGroups: readonly SdpSourceGroup[]
  readonly rids: readonly SdpRid[]
  readonly simulcast: Simulcast | null
  /** Values of `a=candidate`, without the name. */
  readonly candidates: readonly string[]
  readonly endOfCandidates: boolean
  /** All other attributes, in order. */
  readonly attributes: readonly SdpAttribute[]
}

/** Media that belong together. @see RFC 5888 */
export interface MediaGroup {
  /** For example `BUNDLE`. */
  readonly semantics: string
  readonly mids: readonly string[]
}

/** The `o=` line. @see RFC 8866 §5.2 */
export interface SdpOrigin {
  readonly username: string
  /** Decimal digits; may be more than a double holds. */
  readonly sessionId: string
  readonly sessionVersion: string
  readonly address: string
}

/** A whole session description. @see RFC 8866 */
export interface SessionDescription {
  readonly origin: SdpOrigin
  readonly name: string
  readonly groups: readonly MediaGroup[]
  readonly iceLite: boolean
  /** All other attributes of the session, in order. */
  readonly attributes: readonly SdpAttribute[]
  readonly media: readonly MediaDescription[]
}
