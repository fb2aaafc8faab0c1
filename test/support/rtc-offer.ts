import { randomInt } from 'node:crypto'

import { parseSdp, type Fingerprint, type IceCredentials, type SessionDescription } from '@millrace/sdp'
import { readCandidate, type IceCandidate } from '@millrace/webrtc'

import { SupportError } from './errors.ts'

/** A track of an `RtcClient`. */
export interface RtcClientTrack {
  readonly kind: 'video' | 'audio'
  readonly payloadType: number
  /** Of retransmissions; undefined without. */
  readonly rtxPayloadType: number | undefined
  /** Sent or, by the answer, received; 0 where nothing was agreed on. */
  readonly ssrc: number
  readonly rtxSsrc: number
}

export interface RtcOfferOptions {
  readonly action: 'publish' | 'play'
  /** Default H.264 and Opus. */
  readonly video?: 'h264' | 'vp8' | null
  readonly audio?: 'opus' | null
  /** Our part in DTLS; default `actpass`. */
  readonly setup?: 'actpass' | 'active' | 'passive'
}

const VIDEO = {
  h264: {
    payloadType: 102,
    lines: ['H264/90000', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'],
  },
  vp8: { payloadType: 96, lines: ['VP8/90000', ''] },
} as const
const OPUS = 111

/** Header extension of transport-wide sequence numbers in the offer. */
const TRANSPORT_CC_ID = 3

/** What a client offers: its tracks with the SSRCs that it would send. */
export function offeredTracks({ video = 'h264', audio = 'opus' }: RtcOfferOptions): RtcClientTrack[] {
  const tracks: RtcClientTrack[] = []
  const ssrc = (): number => randomInt(1, 2 ** 32)
  if (audio) {
    tracks.push({ kind: 'audio', payloadType: OPUS, rtxPayloadType: undefined, ssrc: ssrc(), rtxSsrc: 0 })
  }
  if (video) {
    const { payloadType } = VIDEO[video]
    tracks.push({ kind: 'video', payloadType, rtxPayloadType: payloadType + 1, ssrc: ssrc(), rtxSsrc: ssrc() })
  }
  return tracks
}

/** The offer as browsers write it. */
export function writeOffer(
  options: RtcOfferOptions,
  tracks: readonly RtcClientTrack[],
  { ice, fingerprint }: { ice: IceCredentials; fingerprint: Fingerprint },
): string {
  const { action, setup = 'actpass' } = options
  const media = tracks.flatMap((track, mid) => [
    `m=${track.kind} 9 UDP/TLS/RTP/SAVPF ${[track.payloadType, ...(track.rtxPayloadType ? [track.rtxPayloadType] : [])].join(' ')}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    `a=${action === 'publish' ? 'sendonly' : 'recvonly'}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.pwd}`,
    `a=fingerprint:${fingerprint.algorithm} ${fingerprint.value}`,
    `a=setup:${setup}`,
    `a=extmap:${TRANSPORT_CC_ID} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`,
    ...codecLines(track, options.video ?? 'h264'),
    ...(action === 'publish' ? sourceLines(track) : []),
  ])
  const session = ['v=0', `o=- ${randomInt(1, 2 ** 47)} 2 IN IP4 127.0.0.1`, 's=-', 't=0 0']
  const bundle = `a=group:BUNDLE ${tracks.map((_track, mid) => mid).join(' ')}`
  return [...session, bundle, ...media, ''].join('\r\n')
}

function codecLines({ kind, payloadType, rtxPayloadType }: RtcClientTrack, video: 'h264' | 'vp8'): string[] {
  if (kind === 'audio')
    return [`a=rtpmap:${payloadType} opus/48000/2`, `a=fmtp:${payloadType} minptime=10;useinbandfec=1`]
  const [name, fmtp] = VIDEO[video].lines
  return [
    `a=rtpmap:${payloadType} ${name}`,
    ...(fmtp ? [`a=fmtp:${payloadType} ${fmtp}`] : []),
    ...['nack', 'nack pli', 'ccm fir', 'goog-remb', 'transport-cc'].map((value) => `a=rtcp-fb:${payloadType} ${value}`),
    `a=rtpmap:${rtxPayloadType} rtx/90000`,
    `a=fmtp:${rtxPayloadType} apt=${payloadType}`,
  ]
}

function sourceLines({ ssrc, rtxSsrc }: RtcClientTrack): string[] {
  const ssrcs = rtxSsrc === 0 ? [ssrc] : [ssrc, rtxSsrc]
  const group = ssrcs.length > 1 ? [`a=ssrc-group:FID ${ssrcs.join(' ')}`] : []
  return [...group, ...ssrcs.map((each) => `a=ssrc:${each} cname:client`)]
}

/** What a client needs of an answer. */
export interface ReadAnswer {
  readonly ice: IceCredentials
  readonly fingerprints: readonly Fingerprint[]
  /** Ours. */
  readonly role: 'client' | 'server'
  readonly candidates: readonly IceCandidate[]
  readonly description: SessionDescription
}

/** Throws SupportError `SUPPORT_RTC_ANSWER` for one that can't be used. */
export function readAnswer(sdp: string): ReadAnswer {
  const description = parseSdp(sdp)
  const first = description.media.find(({ ice }) => ice !== null)
  if (!first?.ice) throw new SupportError('SUPPORT_RTC_ANSWER', sdp)
  return {
    ice: first.ice,
    fingerprints: first.fingerprints,
    role: first.setup === 'active' ? 'server' : 'client',
    candidates: description.media.flatMap(({ candidates }) => candidates.map(readCandidate)),
    description,
  }
}

/** The tracks that are played, with the SSRCs of the answer. */
export function playedTracks(offered: readonly RtcClientTrack[], { description }: ReadAnswer): RtcClientTrack[] {
  return offered.map((track) => {
    const media = description.media.find(({ kind, port }) => kind === track.kind && port !== 0)
    const [ssrc, rtxSsrc] = media?.sources ?? []
    const payloadType = media?.codecs[0]?.payloadType ?? track.payloadType
    return { ...track, payloadType, ssrc: ssrc?.ssrc ?? 0, rtxSsrc: rtxSsrc?.ssrc ?? 0 }
  })
}
