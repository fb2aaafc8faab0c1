import type { Track } from './track.ts'

/** One access unit. Immutable once the hub has it; its bytes are shared by every reader. */
export interface Frame {
  readonly track: Track
  /** Decoding time in the track's timescale, repaired and never wrapping. */
  readonly dtsTicks: number
  /** Presentation time, at or after `dtsTicks`. */
  readonly ptsTicks: number
  /** What repairs have added to the publisher's times; absent where nothing was. */
  readonly shiftTicks?: number
  /** A point where a decoder may start: an IDR or CRA picture; true for every audio frame. */
  readonly key: boolean
  /** H.264 and HEVC: NAL units, each behind a 4-byte length. AV1: low-overhead OBUs without temporal delimiters. Else the raw frame. */
  readonly payload: Uint8Array
  /** The FLV tag body it came in as (without tag header), when it did: FLV and RTMP players get it as it is. */
  readonly flvBody?: Uint8Array
}

/** Timed data that is not coded media: what a publisher's `onMetaData` said, already decoded. */
export interface Metadata {
  readonly [name: string]: MetadataValue
}
export type MetadataValue = string | number | boolean | null | Date | readonly MetadataValue[] | Metadata
