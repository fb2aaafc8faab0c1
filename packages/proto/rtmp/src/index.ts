export type { BandwidthCheckOptions, BandwidthResult, BandwidthSample } from './bandwidth-check.ts'
export type { ChunkLimits, ChunkRepairs } from './chunk-reader.ts'
export type { HandshakeMode } from './client-handshake.ts'
export { RtmpClientSession, type RtmpClientEvent, type RtmpClientOptions } from './client-session.ts'
export { DEFAULT_ENHANCED, type ConnectInfo, type EnhancedSupport } from './connect.ts'
export type { MediaKind } from './message.ts'
export { createRtmpPackager, type RtmpPackagerOptions } from './rtmp-packager.ts'
export type {
  PublishManner,
  RtmpPlayRequest,
  RtmpPublishRequest,
  RtmpRejection,
  RtmpRequest,
  RtmpServerEvent,
} from './server-events.ts'
export type { RandomBytes } from './server-handshake.ts'
export type { ConnectPolicy, PublishTimeouts, RtmpServerOptions } from './server-options.ts'
export { RtmpServerSession, type RtmpServerStats } from './server-session.ts'
export { parseRtmpTarget, type RtmpTarget } from './url.ts'
