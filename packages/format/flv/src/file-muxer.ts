import { concatBytes } from '@millrace/bytes'
import type { FlvPayloads, Frame, Metadata, Track } from '@millrace/media'

import { isCarried } from './carried.ts'
import { KeyframeIndex } from './keyframe-index.ts'
import { metadataMembers, writeOnMetaData } from './metadata.ts'
import { createFlvPayloads } from './payloads.ts'
import type { FlvPayloadsOptions } from './payloads.ts'
import { writeFlvHeader, writeFlvTag } from './tag.ts'

/** What is counted of one track. */
interface TrackState {
  /** Of its newest frame. */
  track: Track
  bytes: number
  lastMs: number
  /** Between its newest two frames. */
  stepMs: number
}

/**
 * Makes an FLV file that players can seek in, in one pass: tags come out frame by frame, and {@link header} at the end is what
 * comes before them, with duration, size and an index of the key frames.
 *
 * The first frame is at 0; one that is earlier is put there, too. A sequence header is a tag of its own when a configuration
 * changes; the first ones are in the header. Tracks that FLV doesn't carry (`createFlvPayloads`) are left out.
 * @see FLV 10.1 §E
 */
export class FlvFileMuxer {
  readonly #payloads: FlvPayloads
  readonly #options: FlvPayloadsOptions
  readonly #first = new Map<number, Track>()
  readonly #states = new Map<number, TrackState>()
  readonly #keyframes = new KeyframeIndex()
  #startMs: number | undefined
  #bytes = 0

  constructor(options: FlvPayloadsOptions = {}) {
    this.#options = options
    this.#payloads = createFlvPayloads(options)
  }

  /** Bytes of all tags so far. */
  get dataBytes(): number {
    return this.#bytes
  }

  /**
   * The tags of the next frame, in buffers of the caller's own; none for a track that is not carried.
   * @param frame in decoding order over all tracks, as far as players are to like it
   */
  encode(frame: Frame): Uint8Array[] {
    const timed = isCarried(frame.track) ? this.#payloads.body(frame) : null
    if (!timed) return []
    this.#startMs ??= timed.timestampMs
    const timestampMs = Math.max(0, timed.timestampMs - this.#startMs)
    const tags = this.#configure(frame.track, timestampMs)
    const tag = writeFlvTag(timed.kind, timestampMs, timed.body)
    for (const { length } of tags) this.#bytes += length
    if (timed.kind === 'video' && frame.key) this.#keyframes.add(timestampMs, this.#bytes)
    this.#bytes += tag.length
    this.#count(frame.track, timestampMs, tag.length)
    return [...tags, tag]
  }

  /** All that comes before the tags: file header, `onMetaData`, sequence headers. */
  header(): Uint8Array {
    const tracks = [...this.#first.values()]
    const has = (kind: Track['kind']): boolean => tracks.some((track) => track.kind === kind)
    const fileHeader = writeFlvHeader({ audio: has('audio'), video: has('video') })
    const parts = (headerBytes: number): Uint8Array[] => [
      fileHeader,
      writeFlvTag('data', 0, writeOnMetaData(this.#metadata(tracks, headerBytes))),
      ...this.#sequenceHeaders(tracks, 0),
    ]
    // numbers have one length whatever they are
    return concatBytes(parts(concatBytes(parts(0)).length))
  }

  /** Sequence headers, when the track is another than before. */
  #configure(track: Track, timestampMs: number): Uint8Array[] {
    const state = this.#states.get(track.id)
    if (state?.track === track) return []
    if (state) {
      state.track = track
      return this.#sequenceHeaders([track], timestampMs)
    }
    this.#first.set(track.id, track)
    this.#states.set(track.id, { track, bytes: 0, lastMs: timestampMs, stepMs: 0 })
    return []
  }

  #sequenceHeaders(tracks: readonly Track[], timestampMs: number): Uint8Array[] {
    const headers = this.#payloads.sequenceHeaders({ tracks, metadata: null })
    return headers.map(({ kind, body }) => writeFlvTag(kind, timestampMs, body))
  }

  #count(track: Track, timestampMs: number, bytes: number): void {
    const state = this.#states.get(track.id)
    if (!state) return
    state.bytes += bytes
    state.stepMs = Math.max(0, timestampMs - state.lastMs)
    state.lastMs = timestampMs
  }

  #metadata(tracks: readonly Track[], headerBytes: number): Metadata {
    const states = [...this.#states.values()]
    const lastMs = states.reduce((most, state) => Math.max(most, state.lastMs), 0)
    const endMs = states.reduce((most, state) => Math.max(most, state.lastMs + state.stepMs), 0)
    const rateKbps = (kind: Track['kind']): number => {
      const bytes = states.reduce((sum, state) => (state.track.kind === kind ? sum + state.bytes : sum), 0)
      return endMs > 0 ? (bytes * 8) / endMs : 0
    }
    const { last } = this.#keyframes
    return {
      ...metadataMembers({ tracks, metadata: null }, this.#options.hevc ?? 'enhanced'),
      duration: endMs / 1000,
      filesize: headerBytes + this.#bytes,
      videodatarate: rateKbps('video'),
      audiodatarate: rateKbps('audio'),
      lasttimestamp: lastMs / 1000,
      hasKeyframes: last !== undefined,
      canSeekToEnd: last !== undefined && last.timestampMs === lastMs,
      ...(last && {
        lastkeyframetimestamp: last.timestampMs / 1000,
        lastkeyframelocation: headerBytes + last.offset,
        keyframes: this.#keyframes.members(headerBytes),
      }),
    }
  }
}
