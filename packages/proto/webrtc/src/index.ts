export { hostCandidates, type IceCandidate, type ListenAddress, readCandidate, writeCandidate } from './candidates.ts'
export { classify, type DatagramKind } from './demux.ts'
export { hasFingerprint, selfSigned, type SelfSigned } from './dtls/self-signed.ts'
export type {
  CryptoEngine,
  DtlsConnected,
  DtlsEndpoint,
  DtlsOptions,
  Fingerprint,
  SrtpCounters,
  SrtpKeys,
  SrtpProfile,
  SrtpSession,
} from './engine.ts'
export {
  IceLite,
  type IceLiteOptions,
  type IceResult,
  localUfrag,
  makeIceCredentials,
  type PeerAddress,
} from './ice-lite.ts'
export { deriveKeys, type DirectionKeys, type PacketKeys } from './srtp/derive-keys.ts'
export { SrtpEndpoint, type SrtpCipher } from './srtp/srtp-endpoint.ts'
export { stunKey, type StunClass, type StunError, type StunMessage } from './stun/message.ts'
export { readStun, verifyIntegrity } from './stun/read-stun.ts'
export { type StunFields, writeStun } from './stun/write-stun.ts'
export { Peer, type Path, type PeerCounters, type PeerHandlers, type PeerOptions } from './peer.ts'
export { createTypescriptCrypto } from './typescript-crypto.ts'
