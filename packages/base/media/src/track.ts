export type VideoCodec = 'h264' | 'hevc' | 'av1' | 'vp9' | 'vp8'
export type AudioCodec = 'aac' | 'mp3' | 'opus' | 'pcma' | 'pcmu'
export type Codec = VideoCodec | AudioCodec

/** What every track has. A track is immutable: a new decoder configuration is a new Track. */
interface TrackBase {
  /** Unique within the stream, stable across configuration changes: 1 for the first video, 2 for the first audio. */
  readonly id: number
  /** Ticks per second of the timestamps of its frames. */
  readonly timescale: number
  /**
   * Decoder configuration record without any container framing: avcC, hvcC, av1C, vpcC (from its version byte on),
   * AudioSpecificConfig, OpusHead. Empty for codecs that have none (MP3, G.711, VP8).
   */
  readonly config: Uint8Array
  /** RFC 6381 codec string, for example `avc1.64001f`, `mp4a.40.2`. */
  readonly codecString: string
}

export interface VideoTrack extends TrackBase {
  readonly kind: 'video'
  readonly codec: VideoCodec
  /** Coded picture after cropping, in pixels; 0 while unknown. */
  readonly width: number
  readonly height: number
  /** Frames per second as the bitstream tells; 0 while unknown. */
  readonly frameRate: number
}

export interface AudioTrack extends TrackBase {
  readonly kind: 'audio'
  readonly codec: AudioCodec
  /** Hz. */
  readonly sampleRate: number
  readonly channels: number
}

export type Track = VideoTrack | AudioTrack
