/** One media segment as a playlist lists it. @see RFC 8216 §4.3.2 */
export interface MediaSegment {
  /** Absolute or relative to the playlist. */
  readonly uri: string
  /** Microseconds. */
  readonly durationUs: number
  /** Timestamps, tracks or decoder configurations do not continue those of the segment before. */
  readonly discontinuity: boolean
  /** Wall time of its first sample in milliseconds since the epoch, null when unknown. */
  readonly wallMs: number | null
  /** Initialisation section of an fMP4 segment; absent for formats that have none. @see RFC 8216 §4.3.2.5 */
  readonly mapUri?: string
  /** There is nothing at its URI: the segment was lost, and players skip its time. @see RFC 8216bis §4.4.4.7 */
  readonly gap?: boolean
  /** What it is encrypted with; absent for one that is not. */
  readonly key?: SegmentKey
}

/** How a segment is encrypted: AES-128 in CBC mode with PKCS7 padding, as a whole. @see RFC 8216 §4.3.2.4 */
export interface SegmentKey {
  /** Of the 16 bytes of the key, absolute or relative to the playlist. */
  readonly uri: string
  /** Initialisation vector, 16 bytes. */
  readonly iv: Uint8Array
}

/** A media playlist: the segments of one rendition. @see RFC 8216 §4.3.3 */
export interface MediaPlaylist {
  /** Whole seconds, at least the rounded duration of each segment. */
  readonly targetDurationS: number
  /** Number of the first segment listed. */
  readonly mediaSequence: number
  /** Discontinuities that were removed from the front. */
  readonly discontinuitySequence: number
  readonly segments: readonly MediaSegment[]
  /** No segment will ever be added. */
  readonly ended: boolean
  /** `event`: segments are only ever added; `vod`: nothing changes. Absent for a window that slides. @see RFC 8216 §4.3.3.5 */
  readonly playlistType?: 'event' | 'vod'
  /** Each segment can be decoded without those before it. @see RFC 8216 §4.3.5.1 */
  readonly independentSegments?: boolean
  /** Which of several writers wrote it: a later one has a higher number. A tag of our own, which players ignore. */
  readonly epoch?: number
}

/** One rendition of a multivariant playlist. @see RFC 8216 §4.3.4.2 */
export interface Variant {
  readonly uri: string
  /** Peak segment bit rate. */
  readonly bandwidthBps: number
  /** Average segment bit rate, null when unknown. */
  readonly averageBandwidthBps: number | null
  /** RFC 6381 codec strings of all its tracks; empty when unknown. */
  readonly codecs: readonly string[]
  /** Pixels; 0 without video or when unknown. */
  readonly width: number
  readonly height: number
  /** Frames per second; 0 without video or when unknown. */
  readonly frameRate: number
}

/** A multivariant playlist ("master playlist" in RFC 8216). */
export interface MultivariantPlaylist {
  readonly variants: readonly Variant[]
  /** Holds for the segments of all variants. @see RFC 8216 §4.3.5.1 */
  readonly independentSegments?: boolean
}
