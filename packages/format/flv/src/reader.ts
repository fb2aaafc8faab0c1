import { Accumulator } from '@millrace/bytes'
import { FormatError } from '@millrace/core'

import { FLV_TAG_HEADER_BYTES, FLV_TAG_TYPES } from './tag.ts'
import type { FlvKind } from './tag.ts'

/** What an FLV byte stream consists of. */
export type FlvPart =
  | { readonly type: 'header'; readonly hasAudio: boolean; readonly hasVideo: boolean }
  /** `timestampMs` is as written, 32 bits; `body` may share the memory of the chunks. */
  | { readonly type: 'tag'; readonly kind: FlvKind; readonly timestampMs: number; readonly body: Uint8Array }

export interface FlvReaderOptions {
  /** Largest tag body that is accepted, default 8 MiB. */
  maxTagBytes?: number
}

const HEADER_BYTES = 9
const MAX_HEADER_BYTES = 1024
const PREVIOUS_TAG_SIZE_BYTES = 4

/**
 * Push parser of an FLV byte stream. Tags of unknown type are skipped; PreviousTagSize is not checked, as many writers
 * get it wrong. After a throw the stream can't be read on.
 * Throws FormatError: `FLV_SIGNATURE`, `FLV_HEADER_SIZE`, `FLV_TAG_ENCRYPTED`, `FLV_TAG_TOO_LARGE`.
 * @see FLV 10.1 §E.2–E.4
 */
export class FlvReader {
  readonly #pending = new Accumulator()
  readonly #maxTagBytes: number
  #headerSeen = false
  /** Bytes to drop before the next tag header. */
  #skip = 0

  constructor({ maxTagBytes = 8 * 1024 * 1024 }: FlvReaderOptions = {}) {
    this.#maxTagBytes = maxTagBytes
  }

  /** Takes the next chunk, whose memory may be kept, and returns the parts it completes. */
  push(chunk: Uint8Array): FlvPart[] {
    this.#pending.push(chunk)
    const parts: FlvPart[] = []
    while (this.#skipped()) {
      const length = this.#pending.length
      if (!this.#headerSeen) {
        if (length < HEADER_BYTES) break
        parts.push(this.#header())
      } else {
        if (length < FLV_TAG_HEADER_BYTES) break
        const size = this.#tagSize()
        if (length < FLV_TAG_HEADER_BYTES + size) break
        const tag = this.#tag(size)
        if (tag) parts.push(tag)
      }
    }
    return parts
  }

  /** Drops what is to be skipped; whether all of it is gone. */
  #skipped(): boolean {
    const now = Math.min(this.#skip, this.#pending.length)
    this.#pending.skip(now)
    this.#skip -= now
    return this.#skip === 0
  }

  #header(): FlvPart {
    const [f, l, v, version, flags = 0, ...offset] = this.#pending.read(HEADER_BYTES)
    if (f !== 0x46 || l !== 0x4c || v !== 0x56 || version !== 1) {
      throw new FormatError('FLV_SIGNATURE', 'not an FLV stream')
    }
    const headerBytes = offset.reduce((value, byte) => value * 256 + byte, 0)
    if (headerBytes < HEADER_BYTES || headerBytes > MAX_HEADER_BYTES) {
      throw new FormatError('FLV_HEADER_SIZE', `an FLV header of ${headerBytes} bytes`)
    }
    this.#headerSeen = true
    this.#skip = headerBytes - HEADER_BYTES + PREVIOUS_TAG_SIZE_BYTES
    return { type: 'header', hasAudio: (flags & 4) !== 0, hasVideo: (flags & 1) !== 0 }
  }

  #tagSize(): number {
    const pending = this.#pending
    if ((pending.at(0) & 0x20) !== 0) throw new FormatError('FLV_TAG_ENCRYPTED', 'an encrypted FLV tag')
    const size = (pending.at(1) << 16) | (pending.at(2) << 8) | pending.at(3)
    if (size > this.#maxTagBytes) throw new FormatError('FLV_TAG_TOO_LARGE', `an FLV tag of ${size} bytes`)
    return size
  }

  #tag(size: number): FlvPart | undefined {
    const [type = 0, , , , t2 = 0, t1 = 0, t0 = 0, t3 = 0] = this.#pending.read(FLV_TAG_HEADER_BYTES)
    const body = this.#pending.read(size)
    this.#skip = PREVIOUS_TAG_SIZE_BYTES
    const kind = kindOf(type & 0x1f)
    const timestampMs = ((t3 << 24) | (t2 << 16) | (t1 << 8) | t0) >>> 0
    return kind && { type: 'tag', kind, timestampMs, body }
  }
}

function kindOf(type: number): FlvKind | undefined {
  switch (type) {
    case FLV_TAG_TYPES.audio:
      return 'audio'
    case FLV_TAG_TYPES.video:
      return 'video'
    case FLV_TAG_TYPES.data:
      return 'data'
    default:
      return undefined
  }
}
