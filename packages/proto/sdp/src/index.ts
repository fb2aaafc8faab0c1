export { type AnswerOptions, type SentTrack, writeAnswer } from './answer.ts'
export { parseFmtp } from './codec-lines.ts'
export {
  type CodecWish,
  codecOf,
  isRtcCodec,
  type RtcAudioCodec,
  type RtcCodec,
  type RtcVideoCodec,
} from './codec-match.ts'
export type * from './description.ts'
export type { Encoding } from './encodings.ts'
export { extensionId, RTP_EXTENSIONS } from './extensions.ts'
export { type FragmentMedia, parseFragment, type TrickleFragment, writeFragment } from './fragment.ts'
export type { SdpLimits } from './lines.ts'
export {
  type AcceptedMedia,
  DEFAULT_FEEDBACK,
  type MediaWish,
  negotiate,
  type Negotiated,
  type NegotiateOptions,
  type RejectedMedia,
  type RejectReason,
} from './negotiate.ts'
export { parseSdp } from './parse.ts'
export { writeSdp } from './write.ts'
