import { ProtocolError } from '@millrace/core'

import { parseFmtp } from './codec-lines.ts'
import { type CodecWish, codecOf, matchCodec, type RtcCodec } from './codec-match.ts'
import type {
  Fingerprint,
  HeaderExtension,
  IceCredentials,
  MediaDescription,
  SdpCodec,
  SessionDescription,
} from './description.ts'
import { type Encoding, offeredEncodings } from './encodings.ts'
import { keepExtensions, RTP_EXTENSIONS } from './extensions.ts'

/** What is welcome of one kind of media. */
export interface MediaWish {
  readonly codecs: readonly CodecWish[]
  /** Whose order decides among several: the offer's or that of `codecs`. */
  readonly order: 'offer' | 'wish'
}

/** What we want of an offer. */
export interface NegotiateOptions {
  /** `publish`: the other side sends; `play`: we send. */
  readonly role: 'publish' | 'play'
  /** Null for none. */
  readonly video: MediaWish | null
  readonly audio: MediaWish | null
  /** Our part in DTLS when the offer leaves it to us; default `passive`. */
  readonly setup?: 'active' | 'passive'
  /** Values of `a=rtcp-fb` to keep; default `DEFAULT_FEEDBACK`. */
  readonly feedback?: readonly string[]
  /** URIs of header extensions to keep; default all of `RTP_EXTENSIONS`. */
  readonly extensions?: readonly string[]
  /** Whether retransmissions may have a payload type of their own (RFC 4588); default true. */
  readonly rtx?: boolean
  /** Simulcast encodings that are taken, the rest is not answered; default 4. */
  readonly maxEncodings?: number
}

/** Feedback that is kept where it is offered. */
export const DEFAULT_FEEDBACK: readonly string[] = ['nack', 'nack pli', 'ccm fir', 'goog-remb', 'transport-cc']

/** A media section that is used. */
export interface AcceptedMedia {
  readonly accepted: true
  readonly offer: MediaDescription
  readonly kind: 'video' | 'audio'
  /** Null when there is only one section, and no bundle. */
  readonly mid: string | null
  /** Ours: `recvonly` from publishers, `sendonly` to players. */
  readonly direction: 'recvonly' | 'sendonly'
  readonly codec: RtcCodec
  readonly payloadType: number
  /** Name, rate and format parameters as offered; feedback as kept. */
  readonly format: SdpCodec
  /** Payload type of retransmissions; null without. */
  readonly rtxPayloadType: number | null
  readonly extensions: readonly HeaderExtension[]
  /** What a publisher sends, at least one; of players none. */
  readonly encodings: readonly Encoding[]
}

/** Why a section is not used: only `codec` and `direction` may be news to who offered it. */
export type RejectReason = 'kind' | 'stopped' | 'protocol' | 'bundle' | 'direction' | 'unwanted' | 'surplus' | 'codec'

/** A media section that is not used: it is answered with port 0, or else inactive. */
export interface RejectedMedia {
  readonly accepted: false
  readonly offer: MediaDescription
  readonly reason: RejectReason
  /**
   * Whether it has to stay, inactive, as the first of the bundle, whose transport all others use: Chromium fails when that is
   * rejected under `max-bundle`.
   */
  readonly carriesBundle: boolean
}

/** What an offer and our wishes have in common. */
export interface Negotiated {
  readonly offer: SessionDescription
  /** Of each section of the offer, in its order. */
  readonly media: readonly (AcceptedMedia | RejectedMedia)[]
  readonly video: AcceptedMedia | null
  readonly audio: AcceptedMedia | null
  /** Mids of the bundle in our answer, of which the first has the transport; null when there is no bundle. */
  readonly bundle: readonly string[] | null
  readonly remoteIce: IceCredentials
  /** At least one. */
  readonly remoteFingerprints: readonly Fingerprint[]
  /** Ours. */
  readonly setup: 'active' | 'passive'
}

const PROTOCOLS: ReadonlySet<string> = new Set([
  'UDP/TLS/RTP/SAVPF',
  'UDP/TLS/RTP/SAVP',
  'TCP/DTLS/RTP/SAVPF',
  'TCP/DTLS/RTP/SAVP',
  'RTP/SAVPF',
  'RTP/SAVP',
])

/**
 * Decides what of an offer is used: at most one section of video and one of audio, the first ones that can be; all others are
 * rejected, which doesn't fail. Throws ProtocolError `SDP_NO_MEDIA` (no audio or video to speak of), `SDP_DIRECTION`,
 * `SDP_NO_CODEC`, `SDP_NO_BUNDLE`, `SDP_NO_RTCP_MUX`, `SDP_NO_ICE`, `SDP_NO_FINGERPRINT`, `SDP_ROLE`, `SDP_SYNTAX`.
 *
 * @see RFC 8829 §5.3, RFC 8843 §7.3
 */
export function negotiate(offer: SessionDescription, options: NegotiateOptions): Negotiated {
  const bundle = bundleOf(offer)
  const media = judge(offer, bundle, options)
  const accepted = media.filter((one) => one.accepted)
  const [first] = accepted
  if (!first) throw nothingError(media)
  if (!bundle && accepted.length > 1) throw new ProtocolError('SDP_NO_BUNDLE', 'audio and video are not bundled')
  if (accepted.some((one) => !one.offer.rtcpMux)) throw new ProtocolError('SDP_NO_RTCP_MUX', 'no rtcp-mux')
  // a section of bundle-only has none of its own, and leaves it to the first of the bundle, used or not
  const transport = [first.offer, ...offer.media.filter(({ mid }) => mid !== null && mid === bundle?.[0])]
  const remoteIce = transport.find(({ ice }) => ice !== null)?.ice
  const secured = transport.find(({ fingerprints }) => fingerprints.length > 0)
  if (!remoteIce) throw new ProtocolError('SDP_NO_ICE', 'no ice-ufrag and ice-pwd')
  if (!secured) throw new ProtocolError('SDP_NO_FINGERPRINT', 'no fingerprint')
  return {
    offer,
    media,
    video: accepted.find(({ kind }) => kind === 'video') ?? null,
    audio: accepted.find(({ kind }) => kind === 'audio') ?? null,
    bundle: bundle && answeredBundle(bundle, media),
    remoteIce,
    remoteFingerprints: secured.fingerprints,
    setup: ourSetup(secured, options.setup ?? 'passive'),
  }
}

/** The mids of the bundle, checked. */
function bundleOf({ groups, media }: SessionDescription): readonly string[] | null {
  const mids = media.flatMap(({ mid }) => mid ?? [])
  if (new Set(mids).size < mids.length) throw new ProtocolError('SDP_SYNTAX', 'two media have the same mid')
  const bundles = groups.filter(({ semantics }) => semantics === 'BUNDLE').map((group) => group.mids)
  const hasMedia = (bundle: readonly string[]): boolean =>
    media.some(({ kind, mid }) => mid !== null && bundle.includes(mid) && isMediaKind(kind))
  return bundles.find(hasMedia) ?? null
}

function answeredBundle(
  bundle: readonly string[],
  media: readonly (AcceptedMedia | RejectedMedia)[],
): readonly string[] {
  const stays = media.filter((one) => one.accepted || one.carriesBundle)
  return bundle.filter((mid) => stays.some(({ offer }) => offer.mid === mid))
}

function judge(
  offer: SessionDescription,
  bundle: readonly string[] | null,
  options: NegotiateOptions,
): (AcceptedMedia | RejectedMedia)[] {
  const taken = new Set<string>()
  const extensionIds = new Map<number, string>()
  return offer.media.map((media) => {
    const reason = rejectReason(media, bundle, options) ?? (taken.has(media.kind) ? 'surplus' : null)
    if (reason !== null || !isMediaKind(media.kind)) return reject(media, reason ?? 'kind', bundle)
    const choice = chooseCodec(media, options)
    if (!choice) return reject(media, 'codec', bundle)
    taken.add(media.kind)
    return accept(media, media.kind, choice, options, extensionIds)
  })
}

function reject(media: MediaDescription, reason: RejectReason, bundle: readonly string[] | null): RejectedMedia {
  const { mid, rtcpMux, codecs } = media
  const mayStay = reason !== 'kind' && reason !== 'protocol' && reason !== 'stopped'
  const isFirst = mid !== null && mid === bundle?.[0]
  return {
    accepted: false,
    offer: media,
    reason,
    carriesBundle: mayStay && isFirst && rtcpMux && codecs.length > 0,
  }
}

function rejectReason(
  { kind, port, protocol, mid, direction, bundleOnly }: MediaDescription,
  bundle: readonly string[] | null,
  options: NegotiateOptions,
): RejectReason | null {
  if (!isMediaKind(kind)) return 'kind'
  if (!PROTOCOLS.has(protocol)) return 'protocol'
  if (port === 0 && !bundleOnly) return 'stopped'
  if (bundle && (mid === null || !bundle.includes(mid))) return 'bundle'
  if (options[kind] === null) return 'unwanted'
  const oneWay = options.role === 'publish' ? 'sendonly' : 'recvonly'
  return direction === 'sendrecv' || direction === oneWay ? null : 'direction'
}

function chooseCodec(
  { kind, codecs }: MediaDescription,
  options: NegotiateOptions,
): { format: SdpCodec; codec: RtcCodec } | undefined {
  const wish = isMediaKind(kind) ? options[kind] : null
  if (!wish) return undefined
  const matches = wish.codecs.flatMap((one) => {
    const format = matchCodec(codecs, one, options.role === 'play')
    return format ? [{ format, codec: one.codec }] : []
  })
  if (wish.order === 'wish') return matches[0]
  const first = codecs.map(codecOf).find((codec) => matches.some((match) => match.codec === codec))
  return matches.find(({ codec }) => codec === first)
}

function accept(
  media: MediaDescription,
  kind: 'video' | 'audio',
  { format, codec }: { format: SdpCodec; codec: RtcCodec },
  options: NegotiateOptions,
  extensionIds: Map<number, string>,
): AcceptedMedia {
  const publishes = options.role === 'publish'
  const { feedback = DEFAULT_FEEDBACK, rtx = true, maxEncodings = 4 } = options
  const wanted = options.extensions ?? Object.values(RTP_EXTENSIONS)
  const extensions = keepExtensions(media.extensions, wanted, options.role, extensionIds)
  const hasTransportCc = extensions.some(({ uri }) => uri === RTP_EXTENSIONS.transportCc)
  const kept = new Set(format.feedback.filter((value) => feedback.includes(value)))
  if (!hasTransportCc) kept.delete('transport-cc')
  const hasRid = extensions.some(({ uri }) => uri === RTP_EXTENSIONS.rid)
  return {
    accepted: true,
    offer: media,
    kind,
    mid: media.mid,
    direction: publishes ? 'recvonly' : 'sendonly',
    codec,
    payloadType: format.payloadType,
    format: { ...format, feedback: [...kept] },
    rtxPayloadType: rtx ? rtxOf(media.codecs, format) : null,
    extensions,
    encodings: publishes ? offeredEncodings(media, format.payloadType, hasRid, maxEncodings) : [],
  }
}

/** @see RFC 4588 §8.1 */
function rtxOf(codecs: readonly SdpCodec[], { payloadType, clockRate }: SdpCodec): number | null {
  const rtx = codecs.find(
    (codec) =>
      codec.name.toLowerCase() === 'rtx' &&
      codec.clockRate === clockRate &&
      parseFmtp(codec.fmtp).get('apt') === String(payloadType),
  )
  return rtx?.payloadType ?? null
}

/** @see RFC 5763 §5, RFC 8842 §5.3 */
function ourSetup({ setup }: MediaDescription, preferred: 'active' | 'passive'): 'active' | 'passive' {
  switch (setup) {
    case 'actpass':
      return preferred
    case 'passive':
      return 'active'
    case 'active':
    case null:
      return 'passive'
    case 'holdconn':
      throw new ProtocolError('SDP_ROLE', 'an offer with setup:holdconn')
  }
}

function nothingError(media: readonly (AcceptedMedia | RejectedMedia)[]): ProtocolError {
  const rejected = media.filter((one) => !one.accepted)
  const because = (reason: RejectReason): RejectedMedia[] => rejected.filter((one) => one.reason === reason)
  const codec = because('codec')
  if (codec.length > 0) {
    const offered = codec.flatMap(({ offer }) => offer.codecs.map(({ name }) => name)).slice(0, 20)
    const list = [...new Set(offered)].join(' ')
    return new ProtocolError('SDP_NO_CODEC', `no codec in common; offered: ${list}`, { details: { offered: list } })
  }
  if (because('direction').length > 0) return new ProtocolError('SDP_DIRECTION', 'media that flows the other way')
  return new ProtocolError('SDP_NO_MEDIA', 'no audio or video that can be used')
}

const isMediaKind = (kind: string): kind is 'video' | 'audio' => kind === 'video' || kind === 'audio'
