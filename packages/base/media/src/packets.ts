import type { Codec } from './track.ts'

/** What a publisher's packets of one kind are: the RTP plane passes them on without looking into them. */
export interface PacketTrack {
  /** As frames of it have: 1 for the first video, 2 for the first audio. */
  readonly id: number
  readonly kind: 'video' | 'audio'
  readonly codec: Codec
  /** Ticks per second of `MediaPacket.timestamp`. */
  readonly clockRate: number
  readonly channels: number
  /** Format parameters as negotiated with the publisher (`a=fmtp` without its payload type); empty for none. */
  readonly fmtp: string
  /** Encodings of the same picture, best last; one without simulcast. */
  readonly layers: readonly PacketLayer[]
}

/** One of a publisher's simulcast encodings. */
export interface PacketLayer {
  /** Its `a=rid`; empty without simulcast. */
  readonly rid: string
}

/** One RTP packet of a publisher, as all players share it. Its memory must not change. */
export interface MediaPacket {
  readonly track: PacketTrack
  /** Index into `track.layers`. */
  readonly layer: number
  /** Sequence number of the layer, unwrapped: at least 65,536 and never falling back by a wrap. */
  readonly sequence: number
  /** RTP timestamp of the layer, unwrapped. */
  readonly timestamp: number
  readonly marker: boolean
  /** Whether a key frame begins with it; true for audio. */
  readonly key: boolean
  readonly payload: Uint8Array
  /** Monotonic. */
  readonly arrivedMs: number
}
