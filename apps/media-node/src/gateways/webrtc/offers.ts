import { randomInt } from 'node:crypto'

import type { PacketTrack } from '@millrace/media'
import {
  extensionId,
  negotiate,
  RTP_EXTENSIONS,
  type AcceptedMedia,
  type CodecWish,
  type Negotiated,
  type RtcCodec,
  type SentTrack,
  type SessionDescription,
} from '@millrace/sdp'

import type { PlayedTrack } from './player-track.ts'
import type { ExtensionIds, PublishedTrack } from './source-map.ts'

const VIDEO: readonly RtcCodec[] = ['h264', 'hevc', 'vp8', 'vp9', 'av1']
const AUDIO: readonly RtcCodec[] = ['opus', 'pcma', 'pcmu']
/** As frames have them: the first video and the first audio. */
const TRACK_IDS = { video: 1, audio: 2 } as const

/** What a client wishes of the answer. */
export interface OfferWishes {
  /** The only codec that it wants, of its kind; undefined for any. */
  readonly codec: RtcCodec | undefined
  /** Our part in DTLS, where the offer leaves it to us. */
  readonly setup: 'active' | 'passive'
  /** Whether packets that are lost are asked for and sent again. */
  readonly nack: boolean
  /** Whether publishers are told when each packet has arrived. */
  readonly transportCc: boolean
}

/** What is agreed on with a publisher. */
export interface PublishAgreement {
  readonly negotiated: Negotiated
  readonly tracks: readonly PublishedTrack[]
  readonly extensions: ExtensionIds
}

/** What is agreed on with a player. */
export interface PlayAgreement {
  readonly negotiated: Negotiated
  readonly tracks: readonly PlayedTrack[]
  /** As the answer tells of them. */
  readonly sent: readonly SentTrack[]
}

/** Takes a publisher's offer: the codecs it likes best. Throws ProtocolError `SDP_…` as `negotiate` does. */
export function agreeToPublish(offer: SessionDescription, wishes: OfferWishes): PublishAgreement {
  const negotiated = negotiate(offer, {
    role: 'publish',
    video: { codecs: wanted(VIDEO, wishes.codec), order: 'offer' },
    audio: { codecs: wanted(AUDIO, wishes.codec), order: 'offer' },
    setup: wishes.setup,
    feedback: feedback(wishes),
    rtx: wishes.nack,
  })
  const media = [negotiated.video, negotiated.audio].filter((one) => one !== null)
  const idOf = (uri: string): number | undefined =>
    media.map((one) => extensionId(one, uri)).find((id) => id !== undefined)
  return {
    negotiated,
    tracks: media.map(publishedTrack),
    extensions: {
      mid: idOf(RTP_EXTENSIONS.mid),
      rid: idOf(RTP_EXTENSIONS.rid),
      repairedRid: idOf(RTP_EXTENSIONS.repairedRid),
      transportCc: wishes.transportCc ? idOf(RTP_EXTENSIONS.transportCc) : undefined,
    },
  }
}

/**
 * Takes a player's offer, for a stream of these tracks; of one that isn't there yet for what most are of. Throws ProtocolError
 * `SDP_…` as `negotiate` does, `SDP_NO_CODEC` if the player can play nothing of the stream.
 */
export function agreeToPlay(
  offer: SessionDescription,
  available: readonly PacketTrack[],
  wishes: OfferWishes,
): PlayAgreement {
  const wish = (kind: 'video' | 'audio', usual: readonly RtcCodec[]): readonly CodecWish[] => {
    const tracks = available.filter((track) => track.kind === kind)
    if (available.length === 0) return wanted(usual, wishes.codec)
    return tracks.flatMap(({ codec, fmtp }) => (isCarried(codec) ? [{ codec, fmtp }] : []))
  }
  const negotiated = negotiate(offer, {
    role: 'play',
    video: { codecs: wish('video', ['h264', 'vp8']), order: 'wish' },
    audio: { codecs: wish('audio', ['opus']), order: 'wish' },
    setup: wishes.setup,
    feedback: feedback({ ...wishes, transportCc: false }),
    extensions: [RTP_EXTENSIONS.mid, RTP_EXTENSIONS.absSendTime],
    rtx: wishes.nack,
  })
  const media = [negotiated.video, negotiated.audio].filter((one) => one !== null)
  const tracks = media.map(playedTrack)
  return {
    negotiated,
    tracks,
    sent: tracks.map(({ kind, ssrc, rtx }) => ({ kind, ssrc, rtxSsrc: rtx?.ssrc ?? 0 })),
  }
}

function wanted(codecs: readonly RtcCodec[], only: RtcCodec | undefined): readonly CodecWish[] {
  const chosen = only !== undefined && codecs.includes(only) ? [only] : codecs
  return chosen.map((codec) => ({ codec }))
}

function feedback({ nack, transportCc }: Pick<OfferWishes, 'nack' | 'transportCc'>): readonly string[] {
  return [...(nack ? ['nack', 'nack pli'] : []), 'ccm fir', ...(transportCc ? ['transport-cc'] : ['goog-remb'])]
}

function publishedTrack({
  kind,
  codec,
  mid,
  payloadType,
  format,
  rtxPayloadType,
  encodings,
}: AcceptedMedia): PublishedTrack {
  const track: PacketTrack = {
    id: TRACK_IDS[kind],
    kind,
    codec,
    clockRate: format.clockRate,
    channels: kind === 'audio' ? format.channels : 0,
    fmtp: format.fmtp,
    layers: encodings.map(({ rid }) => ({ rid })),
  }
  return {
    track,
    mid: mid ?? '',
    payloadType,
    rtxPayloadType: rtxPayloadType ?? undefined,
    nack: format.feedback.includes('nack'),
    sources: encodings.flatMap(({ ssrc, rtxSsrc }) => (ssrc === null ? [] : [{ ssrc, rtxSsrc: rtxSsrc ?? undefined }])),
  }
}

function playedTrack({ kind, codec, payloadType, rtxPayloadType }: AcceptedMedia): PlayedTrack {
  return {
    kind,
    codec,
    payloadType,
    ssrc: newSsrc(),
    rtx: rtxPayloadType === null ? undefined : { payloadType: rtxPayloadType, ssrc: newSsrc() },
  }
}

const newSsrc = (): number => randomInt(1, 2 ** 32)

const isCarried = (codec: PacketTrack['codec']): codec is RtcCodec =>
  [...VIDEO, ...AUDIO].some((each) => each === codec)
