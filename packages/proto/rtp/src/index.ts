export {
  isRtcp,
  isRtp,
  readRtpHeader,
  RTP_HEADER_BYTES,
  type RtpHeader,
  rtpHeaderBytes,
  type RtpHeaderFields,
  writeRtpHeader,
} from './rtp-packet.ts'
export {
  type ExtensionBlock,
  type HeaderExtension,
  readExtension,
  readExtensionText,
  readExtensionU16,
} from './header-extensions.ts'
export { SequenceUnwrapper, TimestampUnwrapper, unwrapSequence } from './sequence.ts'
export { OSN_BYTES, unwrapRtx, writeRtx } from './rtx.ts'
export { type NtpTime, ntpFromWall, ntpMiddle, ntpToWall } from './ntp.ts'
export { readRtcp, type RtcpLimits, type RtcpPacket, writeRtcp } from './rtcp/compound.ts'
export type { Bye } from './rtcp/bye.ts'
export type {
  DelaySinceLastReceiverReference,
  ExtendedReport,
  ExtendedReportBlock,
  ReceiverReferenceTime,
  ReferenceDelay,
} from './rtcp/extended-report.ts'
export type { FullIntraRequest, IntraRequest } from './rtcp/full-intra-request.ts'
export type { Nack } from './rtcp/nack.ts'
export type { PictureLossIndication } from './rtcp/picture-loss.ts'
export type { ReceiverReport } from './rtcp/receiver-report.ts'
export type { ReceiverEstimatedMaxBitrate } from './rtcp/remb.ts'
export type { ReportBlock } from './rtcp/report-block.ts'
export type { SenderReport } from './rtcp/sender-report.ts'
export type { SourceChunk, SourceDescription } from './rtcp/source-description.ts'
export type { TransportFeedback } from './rtcp/twcc.ts'
export { NackGenerator, type NackOptions } from './nack-generator.ts'
export { PacketCache, type PacketCacheOptions } from './packet-cache.ts'
export { Reception, type SenderClock } from './reception.ts'
export { RoundTrip, roundTripMs } from './rtt.ts'
export { TwccRecorder, type TwccRecorderOptions } from './twcc-recorder.ts'
export { type PacketResult, TwccSender } from './twcc-sender.ts'
export { BandwidthEstimate, type BandwidthOptions } from './bandwidth-estimate.ts'
export { AvClock, type AvClockOptions, type ClockReference, type TrackClock } from './av-clock.ts'
export { type AssemblyLosses, FrameAssembler, type FrameAssemblerOptions, type TimedFrame } from './frame-assembler.ts'
export { createDepacketizer, createPacketizer, isKeyStart } from './payload-formats.ts'
export type { AssembledFrame, Depacketizer, Packetizer, RtpPayload } from './payloads/payload-format.ts'
