import { codecOf } from './codec-match.ts'
import type {
  Fingerprint,
  IceCredentials,
  MediaDescription,
  SdpAttribute,
  SdpCodec,
  SdpSource,
  SdpSourceGroup,
  SessionDescription,
} from './description.ts'
import type { AcceptedMedia, Negotiated } from './negotiate.ts'
import { writeSdp } from './write.ts'

/** What we send to a player of one kind of media. */
export interface SentTrack {
  readonly kind: 'video' | 'audio'
  readonly ssrc: number
  /** Of retransmissions; left out of the answer where they weren't negotiated. */
  readonly rtxSsrc: number
}

/** Our side of an answer. */
export interface AnswerOptions {
  readonly ice: IceCredentials
  readonly fingerprint: Fingerprint
  /** Values of `a=candidate`, all that there will be. */
  readonly candidates: readonly string[]
  /** Decimal digits. */
  readonly sessionId: string
  /** Of the `o=` line; default `-`. */
  readonly username?: string
  /** Of the `s=` line; default `-`. */
  readonly sessionName?: string
  /** The stream's name: id of its media stream, and `cname` of its sources. */
  readonly stream: string
  /** Of the media sent to a player. */
  readonly tracks?: readonly SentTrack[]
}

/**
 * The answer of an ICE-lite end to what was negotiated. @see RFC 8829 §5.3, RFC 8839 §4.4
 */
export function writeAnswer(negotiated: Negotiated, options: AnswerOptions): string {
  const { offer, bundle } = negotiated
  const stream = msidText(options.stream)
  const mixed = offer.attributes.filter(({ name }) => name === 'extmap-allow-mixed')
  const media = negotiated.media.map((one): MediaDescription => {
    if (!one.accepted && !one.carriesBundle) return rejectedMedia(one.offer)
    const transport = transportOf(negotiated, options, bundle === null || one.offer.mid === bundle[0])
    return one.accepted ? acceptedMedia(one, transport, options) : idleMedia(one.offer, transport)
  })
  const description: SessionDescription = {
    origin: {
      username: options.username ?? '-',
      sessionId: options.sessionId,
      sessionVersion: '2',
      address: '0.0.0.0',
    },
    name: options.sessionName ?? '-',
    groups: bundle ? [{ semantics: 'BUNDLE', mids: bundle }] : [],
    iceLite: true,
    attributes: [...mixed, { name: 'msid-semantic', value: ` WMS ${stream}` }],
    media,
  }
  return writeSdp(description)
}

/** @see RFC 3264 §6 */
function rejectedMedia({ kind, protocol, formats, mid }: MediaDescription): MediaDescription {
  return {
    ...NO_MEDIA,
    kind,
    port: 0,
    protocol,
    formats: formats.length > 0 ? formats : ['0'],
    mid,
  }
}

type Transport = Pick<
  MediaDescription,
  'port' | 'ice' | 'fingerprints' | 'setup' | 'rtcpMux' | 'candidates' | 'endOfCandidates'
>

/** @param hasCandidates all of a bundle use those of its first section */
function transportOf({ setup }: Negotiated, options: AnswerOptions, hasCandidates: boolean): Transport {
  return {
    port: 9,
    ice: options.ice,
    fingerprints: [options.fingerprint],
    setup,
    rtcpMux: true,
    candidates: hasCandidates ? options.candidates : [],
    endOfCandidates: hasCandidates,
  }
}

/** Nothing flows in it, so that any of the codecs will do. */
function idleMedia(
  { kind, protocol, mid, rtcpRsize, codecs }: MediaDescription,
  transport: Transport,
): MediaDescription {
  const codec = codecs.find((one) => codecOf(one) !== undefined) ?? codecs[0]
  const formats = codec ? [String(codec.payloadType)] : []
  return { ...NO_MEDIA, ...transport, kind, protocol, mid, rtcpRsize, formats, codecs: codec ? [codec] : [] }
}

function acceptedMedia(
  accepted: AcceptedMedia,
  transport: Transport,
  { stream, tracks = [] }: AnswerOptions,
): MediaDescription {
  const { offer, kind, mid, direction, extensions, payloadType, rtxPayloadType } = accepted
  const track = direction === 'sendonly' ? tracks.find((one) => one.kind === kind) : undefined
  const rids = accepted.encodings.flatMap(({ rid }) => (rid === '' ? [] : rid))
  return {
    ...NO_MEDIA,
    ...transport,
    kind,
    protocol: offer.protocol,
    formats: [payloadType, ...(rtxPayloadType === null ? [] : [rtxPayloadType])].map(String),
    mid,
    direction,
    rtcpRsize: offer.rtcpRsize,
    codecs: answeredCodecs(accepted),
    extensions,
    msids: track ? [{ stream: msidText(stream), track: kind }] : [],
    ...(track ? sentSources(track, stream, rtxPayloadType !== null) : {}),
    rids: rids.map((id) => ({ id, direction: 'recv', payloadTypes: [], restrictions: '' })),
    simulcast: rids.length > 0 ? { send: [], recv: rids.map((rid) => ({ rids: [rid], paused: false })) } : null,
    // receiver reports of who only receives have no round-trip time, but extended ones do
    attributes: offer.attributes.filter(({ name, value }) => name === 'rtcp-xr' && value === 'rcvr-rtt=all'),
  }
}

function answeredCodecs({ format, rtxPayloadType }: AcceptedMedia): SdpCodec[] {
  if (rtxPayloadType === null) return [format]
  const rtx: SdpCodec = {
    payloadType: rtxPayloadType,
    name: 'rtx',
    clockRate: format.clockRate,
    channels: 1,
    fmtp: `apt=${format.payloadType}`,
    feedback: [],
  }
  return [format, rtx]
}

function sentSources(
  { kind, ssrc, rtxSsrc }: SentTrack,
  stream: string,
  hasRtx: boolean,
): { sources: SdpSource[]; sourceGroups: SdpSourceGroup[] } {
  const name = msidText(stream)
  const attributes: SdpAttribute[] = [
    { name: 'cname', value: name },
    { name: 'msid', value: `${name} ${kind}` },
  ]
  const ssrcs = hasRtx ? [ssrc, rtxSsrc] : [ssrc]
  return {
    sources: ssrcs.map((one) => ({ ssrc: one, attributes })),
    sourceGroups: hasRtx ? [{ semantics: 'FID', ssrcs }] : [],
  }
}

/** A stream's name without what would end a word. SRS: `/` stays in it, though it is not in the grammar of RFC 8830. */
const msidText = (stream: string): string => stream.replace(/[^!-~]/g, '-').slice(0, 200) || '-'

const NO_MEDIA: MediaDescription = {
  kind: '',
  port: 0,
  protocol: '',
  formats: [],
  address: '0.0.0.0',
  mid: null,
  direction: 'inactive',
  ice: null,
  iceOptions: [],
  fingerprints: [],
  setup: null,
  rtcpMux: false,
  rtcpRsize: false,
  bundleOnly: false,
  codecs: [],
  extensions: [],
  msids: [],
  sources: [],
  sourceGroups: [],
  rids: [],
  simulcast: null,
  candidates: [],
  endOfCandidates: false,
  attributes: [],
}
