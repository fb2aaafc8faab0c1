import type { AddressGuard } from '@millrace/address-guard'
import { CodedError } from '@millrace/core'
import type { Codec, MediaPacket, PacketTrack } from '@millrace/media'
import type { RTCPeerConnection, RTCRtpSender } from 'werift'

const MIME: Readonly<Partial<Record<Codec, string>>> = {
  h264: 'video/H264',
  hevc: 'video/H265',
  av1: 'video/AV1',
  vp9: 'video/VP9',
  vp8: 'video/VP8',
  opus: 'audio/opus',
  pcma: 'audio/PCMA',
  pcmu: 'audio/PCMU',
}
/** @see RFC 3551 §6 for those of G.711; the others are ours to choose */
const PAYLOAD_TYPES: Readonly<Partial<Record<Codec, number>>> = { pcmu: 0, pcma: 8, opus: 111 }
const VIDEO_PAYLOAD_TYPE = 96
const LOOPBACK = '127.0.0.1'

export interface WhipPeerHandlers {
  connected(): void
  /** The receiver can't decode without a key frame of its video. */
  keyFrameWanted(): void
  /** There is no connection any more, or none came about. */
  lost(): void
}

export interface WhipPeerOptions {
  tracks: readonly PacketTrack[]
  guard: AddressGuard | undefined
}

/** A WebRTC peer that sends one track of each kind. */
export interface WhipPeer {
  /** SDP with all of its candidates. */
  readonly offer: string
  /** @throws CodedError `PUSH_REFUSED` when it is no answer, or none of the tracks is taken */
  accept(answer: string): Promise<void>
  /** Packets of another source follow: numbers and timestamps go on. */
  restart(): void
  /** Does nothing without a connection, or for a track that wasn't taken. */
  send(packet: MediaPacket): void
  close(): void
}

/** Opens a peer; what it is made of is loaded with the first. Rejects with `PUSH_REFUSED` where no track can be sent. */
export async function openWhipPeer({ tracks, guard }: WhipPeerOptions, handlers: WhipPeerHandlers): Promise<WhipPeer> {
  const werift = await import('werift')
  const codecs = { audio: codecsOf(werift, tracks, 'audio'), video: codecsOf(werift, tracks, 'video') }
  if (codecs.audio.length + codecs.video.length === 0) {
    throw new CodedError('PUSH_REFUSED', 'the stream has no track that WebRTC carries')
  }
  const peer = new werift.RTCPeerConnection({
    codecs,
    iceServers: [],
    bundlePolicy: 'max-bundle',
    // receivers on this machine are found where those are permitted at all
    ...((guard?.permits(LOOPBACK) ?? true) && { iceAdditionalHostAddresses: [LOOPBACK] }),
    ...(guard && { iceFilterCandidatePair: ({ remoteCandidate }) => guard.permits(remoteCandidate.host) }),
  })
  const senders = new Map<PacketTrack['kind'], RTCRtpSender>()
  for (const kind of ['audio', 'video'] as const) {
    if (codecs[kind].length === 0) continue
    senders.set(kind, peer.addTransceiver(kind, { direction: 'sendonly' }).sender)
  }
  senders.get('video')?.onPictureLossIndication.subscribe(() => handlers.keyFrameWanted())
  peer.connectionStateChange.subscribe((state) => {
    if (state === 'connected') handlers.connected()
    else if (state === 'failed' || state === 'closed' || state === 'disconnected') handlers.lost()
  })
  try {
    await peer.setLocalDescription(await peer.createOffer())
  } catch (error) {
    await peer.close()
    throw error
  }
  return peerOf(werift, peer, senders)
}

type Werift = typeof import('werift')

function codecsOf({ RTCRtpCodecParameters }: Werift, tracks: readonly PacketTrack[], kind: PacketTrack['kind']) {
  const track = tracks.find((each) => each.kind === kind && MIME[each.codec])
  if (!track) return []
  const { codec, clockRate, channels, fmtp } = track
  return [
    new RTCRtpCodecParameters({
      mimeType: MIME[codec] ?? '',
      clockRate,
      payloadType: PAYLOAD_TYPES[codec] ?? VIDEO_PAYLOAD_TYPE,
      ...(kind === 'audio' && { channels }),
      ...(fmtp !== '' && { parameters: fmtp }),
      rtcpFeedback: kind === 'video' ? [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }] : [],
    }),
  ]
}

function peerOf(
  { RtpHeader, RtpPacket }: Werift,
  peer: RTCPeerConnection,
  senders: ReadonlyMap<PacketTrack['kind'], RTCRtpSender>,
): WhipPeer {
  const restarting = new Set<RTCRtpSender>()
  return {
    offer: peer.localDescription?.sdp ?? '',
    async accept(sdp) {
      await peer.setRemoteDescription({ type: 'answer', sdp }).catch((error: unknown) => {
        throw new CodedError('PUSH_REFUSED', 'the receiver answers with what is no answer', { cause: error })
      })
      if ([...senders.values()].every(({ codec }) => codec === undefined)) {
        throw new CodedError('PUSH_REFUSED', 'the receiver takes none of the codecs')
      }
    },
    restart() {
      for (const sender of senders.values()) restarting.add(sender)
    },
    send({ track, sequence, timestamp, marker, payload }) {
      const sender = senders.get(track.kind)
      if (!sender) return
      const header = new RtpHeader({ sequenceNumber: sequence % 2 ** 16, timestamp: timestamp % 2 ** 32, marker })
      if (restarting.delete(sender)) sender.replaceRTP(header, true)
      // a packet that can't go out is lost, as any can be
      sender
        .sendRtp(new RtpPacket(header, Buffer.from(payload.buffer, payload.byteOffset, payload.length)))
        .catch(() => {})
    },
    close: () => void peer.close().catch(() => {}),
  }
}
