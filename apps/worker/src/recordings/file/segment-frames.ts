import { FormatError } from '@millrace/core'
import type { Frame } from '@millrace/media'
import { Mp4Demuxer } from '@millrace/mp4'
import { TsFrames } from '@millrace/mpegts'

/** A segment as it is stored. */
export interface StoredSegment {
  format: 'fmp4' | 'ts'
  /** What says whether another segment has the same tracks. */
  initKey: string
  /** Initialisation section; undefined for formats without one. */
  init: Uint8Array | undefined
  bytes: Uint8Array
}

/** Reads segments, one after the other, as frames; tracks stay the same objects while they are the same. */
export class SegmentFrames {
  readonly #ts = new TsFrames()
  #initKey: string | undefined
  #demuxer = new Mp4Demuxer()

  /** All frames of a segment, in the order of the file. Throws FormatError for what is none. */
  read({ format, initKey, init, bytes }: StoredSegment): Frame[] {
    if (format === 'ts') return this.#ts.read(bytes)
    if (this.#initKey !== initKey) {
      if (init === undefined) throw new FormatError('MP4_NO_TRACKS', `${initKey} is not there`)
      this.#demuxer = new Mp4Demuxer()
      this.#initKey = initKey
      this.#demuxer.push(init)
    }
    try {
      const frames = this.#demuxer.push(bytes).flatMap((event) => (event.type === 'fragment' ? event.frames : []))
      if (!this.#demuxer.complete) throw new FormatError('MP4_CUT', 'the segment is cut off')
      return frames
    } catch (error) {
      this.#initKey = undefined
      throw error
    }
  }
}
