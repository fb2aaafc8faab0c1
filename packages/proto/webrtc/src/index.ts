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
