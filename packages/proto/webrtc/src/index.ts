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
export { deriveKeys, type DirectionKeys, type PacketKeys } from './srtp/derive-keys.ts'
export { SrtpEndpoint, type SrtpCipher } from './srtp/srtp-endpoint.ts'
