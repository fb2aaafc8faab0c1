/** A live manifest. @see ISO/IEC 23009-1 §5.3.1 */
export interface Mpd {
  /** `xs:dateTime` that the starts of periods count from. */
  readonly availabilityStart: string
  /** `xs:dateTime` of when this manifest was made. */
  readonly published: string
  /** Players ask for the manifest again after this at the earliest. */
  readonly minimumUpdatePeriodMs: number
  /** How far back segments may be asked for. */
  readonly timeShiftBufferDepthMs: number
  /** No segment is longer. */
  readonly maxSegmentDurationMs: number
  /** What players have buffered at the given bandwidths before they begin. */
  readonly minBufferTimeMs: number
  /** URI that those of segments are relative to; undefined for that of the manifest. */
  readonly baseUrl?: string
  readonly periods: readonly Period[]
}

/** A stretch of time with one set of tracks. @see ISO/IEC 23009-1 §5.3.2 */
export interface Period {
  /** Unique, and the same each time the manifest is written. */
  readonly id: string
  /** After `availabilityStart`. */
  readonly startMs: number
  readonly sets: readonly AdaptationSet[]
}

/** The representations of one kind of media. @see ISO/IEC 23009-1 §5.3.3 */
export interface AdaptationSet {
  readonly kind: 'audio' | 'video'
  /** For example `video/mp4`. */
  readonly mimeType: string
  readonly template: SegmentTemplate
  readonly representations: readonly Representation[]
}

/** Where segments are, and when. @see ISO/IEC 23009-1 §5.3.9.4, §5.3.9.6 */
export interface SegmentTemplate {
  /** Ticks per second. */
  readonly timescale: number
  /** Ticks of media that are the start of the period. */
  readonly presentationTimeOffsetTicks: number
  /** URIs; `$RepresentationID$` and `$Number$` stand for what they say. */
  readonly initialization: string
  readonly media: string
  /** Number of the first of `segments`. */
  readonly startNumber: number
  /** In order of time, none into another. */
  readonly segments: readonly TimelineSegment[]
}

/** A segment's earliest presentation time and its duration, in ticks. */
export interface TimelineSegment {
  readonly startTicks: number
  readonly durationTicks: number
}

/** One encoding. @see ISO/IEC 23009-1 §5.3.5 */
export interface Representation {
  readonly id: string
  /** Bits per second. */
  readonly bandwidthBps: number
  /** RFC 6381. */
  readonly codecs: string
  /** Pixels; 0 while unknown, then left out, as are the others. */
  readonly width?: number
  readonly height?: number
  /** Hz. */
  readonly sampleRate?: number
  readonly channels?: number
}
