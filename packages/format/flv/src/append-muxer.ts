import { concatBytes } from '@millrace/bytes'
import type { AppendMuxer, FileEnd, FlvPayloads, Frame, StreamInfo, Track } from '@millrace/media'

import { carriedTracks, isCarried } from './carried.ts'
import { metadataMembers, writeOnMetaData } from './metadata.ts'
import { createFlvPayloads } from './payloads.ts'
import { writeFlvHeader, writeFlvTag } from './tag.ts'

export interface FlvAppendOptions {
  /** Whether times stay those of the stream; else the first frame is at 0. */
  readonly keepTimes?: boolean
}

/** What is known of one track. */
interface TrackState {
  track: Track
  lastMs: number
  /** Between its newest two frames. */
  stepMs: number
}

/**
 * Makes an FLV file that only grows: what the publisher said, sequence headers, then a tag for each frame. {@link end} writes its
 * duration and size into the metadata; without an end these are 0. A changed configuration is one more sequence header. Tracks that
 * FLV doesn't carry (`createFlvPayloads`) are left out.
 * @see FLV 10.1 §E
 */
export class FlvAppendMuxer implements AppendMuxer {
  readonly #payloads: FlvPayloads = createFlvPayloads()
  readonly #info: StreamInfo
  readonly #tracks = new Map<number, TrackState>()
  readonly #keepTimes: boolean
  #startMs: number | undefined
  #firstMs = 0
  #sizeBytes = 0

  /** @param info tracks as far as they are known, and what the publisher said */
  constructor(info: StreamInfo, { keepTimes = false }: FlvAppendOptions = {}) {
    this.#info = info
    this.#keepTimes = keepTimes
    const { video, audio } = carriedTracks(info.tracks)
    for (const track of [video, audio]) if (track) this.#tracks.set(track.id, { track, lastMs: 0, stepMs: 0 })
  }

  get durationMs(): number {
    let endMs = this.#firstMs
    for (const { lastMs, stepMs } of this.#tracks.values()) endMs = Math.max(endMs, lastMs + stepMs)
    return endMs - this.#firstMs
  }

  head(): Uint8Array {
    const configurations = this.#sequenceHeaders(this.#info.tracks, 0)
    return this.#counted(concatBytes([this.#start(), ...configurations]))
  }

  encode(frame: Frame): Uint8Array {
    const timed = isCarried(frame.track) ? this.#payloads.body(frame) : null
    if (!timed) return EMPTY
    if (this.#startMs === undefined) {
      this.#startMs = this.#keepTimes ? 0 : timed.timestampMs
      this.#firstMs = timed.timestampMs - this.#startMs
    }
    const timestampMs = Math.max(0, timed.timestampMs - this.#startMs)
    const configurations = this.#follow(frame.track, timestampMs)
    return this.#counted(concatBytes([...configurations, writeFlvTag(timed.kind, timestampMs, timed.body)]))
  }

  end(): FileEnd {
    return { tail: EMPTY, patch: { offset: 0, bytes: this.#start() } }
  }

  /** Header and metadata, which have one length whatever their numbers are. */
  #start(): Uint8Array {
    const kinds = new Set([...this.#tracks.values()].map(({ track }) => track.kind))
    const metadata = {
      ...metadataMembers(this.#info, 'enhanced'),
      duration: this.durationMs / 1000,
      filesize: this.#sizeBytes,
    }
    return concatBytes([
      writeFlvHeader({ audio: kinds.has('audio'), video: kinds.has('video') }),
      writeFlvTag('data', 0, writeOnMetaData(metadata)),
    ])
  }

  /** Sequence headers, when the track is another than before. */
  #follow(track: Track, timestampMs: number): Uint8Array[] {
    const state = this.#tracks.get(track.id)
    if (state && state.lastMs > 0) state.stepMs = Math.max(0, timestampMs - state.lastMs)
    if (state) state.lastMs = timestampMs
    else this.#tracks.set(track.id, { track, lastMs: timestampMs, stepMs: 0 })
    if (state?.track === track) return []
    if (state) state.track = track
    return this.#sequenceHeaders([track], timestampMs)
  }

  #sequenceHeaders(tracks: readonly Track[], timestampMs: number): Uint8Array[] {
    const headers = this.#payloads.sequenceHeaders({ tracks, metadata: null })
    return headers.map(({ kind, body }) => writeFlvTag(kind, timestampMs, body))
  }

  #counted(bytes: Uint8Array): Uint8Array {
    this.#sizeBytes += bytes.length
    return bytes
  }
}

const EMPTY = new Uint8Array(0)
