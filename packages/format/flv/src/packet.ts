import type { AudioCodec, VideoCodec } from '@millrace/media'

/** What every part of a tag body has. Slices share the body's memory. */
interface PacketBase {
  /** 0 unless the message is multitrack. */
  readonly trackId: number
  /** Codec as people know it, also when it is not supported. */
  readonly codecName: string
  /**
   * `config`: `data` is a decoder configuration record. `frame`: `data` is one access unit. `other`: an end of sequence,
   * colour information, a channel map, a transport stream descriptor: nothing that players need from us.
   */
  readonly type: 'config' | 'frame' | 'other'
  readonly data: Uint8Array
  /** Whether the body is in the dialect written for this codec, so that it can be passed on as it is. */
  readonly canonical: boolean
}

/** One track's part of a video tag body. */
export interface FlvVideoPacket extends PacketBase {
  readonly kind: 'video'
  /** undefined for a codec that is not supported. */
  readonly codec: VideoCodec | undefined
  /** What the tag says; the bitstream may disagree. */
  readonly key: boolean
  /** Presentation time minus decoding time, in milliseconds, signed. */
  readonly compositionMs: number
}

/** One track's part of an audio tag body. */
export interface FlvAudioPacket extends PacketBase {
  readonly kind: 'audio'
  /** undefined for a codec that is not supported. */
  readonly codec: AudioCodec | undefined
  /** What a legacy tag says; only G.711 has no better source. */
  readonly channels: 1 | 2
}

export type FlvPacket = FlvVideoPacket | FlvAudioPacket
