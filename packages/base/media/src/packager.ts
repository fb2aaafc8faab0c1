import type { Frame, Metadata } from './frame.ts'
import type { Track } from './track.ts'

/** What a stream is made of at one moment. */
export interface StreamInfo {
  readonly tracks: readonly Track[]
  /** The publisher's metadata, null if it sent none. */
  readonly metadata: Metadata | null
}

/**
 * Turns frames into one packaging's bytes. The hub makes one per stream and packaging, calls it once per frame
 * and shares what it returns among all players. A codec the packaging cannot carry yields no bytes.
 */
export interface Packager {
  /** What the frames to come are of: before the first of them, and before `update` when it has changed. For those that need to know. */
  prepare?(info: StreamInfo): void
  /** Bytes a player needs before any frame: header, metadata, decoder configurations, stamped `dtsMs`. */
  init(info: StreamInfo, dtsMs: number): readonly Uint8Array[]
  /** Bytes for players in mid-stream when tracks or metadata change, stamped `dtsMs`. */
  update(info: StreamInfo, dtsMs: number): readonly Uint8Array[]
  encode(frame: Frame): readonly Uint8Array[]
}
