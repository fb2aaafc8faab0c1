import type { Frame } from './frame.ts'
import type { StreamInfo } from './packager.ts'

/** The body of one FLV audio or video tag, without tag header: what RTMP carries as a message's payload too. */
export interface FlvBody {
  readonly kind: 'audio' | 'video'
  readonly body: Uint8Array
}

/** An FLV tag body with its time. */
export interface TimedFlvBody extends FlvBody {
  /** Decoding time in milliseconds, not wrapped: whoever writes it keeps the low 32 bits. */
  readonly timestampMs: number
}

/**
 * Turns media into FLV tag bodies. The FLV format implements it, the RTMP packager is given one: both protocols
 * carry the same bodies under different headers. Bodies are immutable and may share the frame's memory.
 */
export interface FlvPayloads {
  /** AMF0 `"onMetaData"` and its object (a script tag's body), or null when there is nothing to tell. */
  metadata(info: StreamInfo): Uint8Array | null
  /** Sequence headers of the tracks that FLV can carry and that have one, in the order to send them. */
  sequenceHeaders(info: StreamInfo): readonly FlvBody[]
  /** The frame's tag body, or null for a codec that FLV cannot carry. */
  body(frame: Frame): TimedFlvBody | null
}
