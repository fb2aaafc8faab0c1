import { Accumulator, ByteReader } from '@millrace/bytes'
import { FormatError } from '@millrace/core'
import type { Frame, Track } from '@millrace/media'
import { readFourCc } from './box.ts'
import { frameOf, readMovieFragment } from './read-fragment.ts'
import type { FragmentSample } from './read-fragment.ts'
import { readFragmentedMovie, tracksOf } from './read-movie.ts'
import type { FragmentedTrack } from './read-movie.ts'

export type Mp4Event =
  /** An initialisation segment. Ids are 1 for the first video track and 2 for the first audio track, then 3, 4, 5, 6 likewise. */
  | { readonly type: 'tracks'; readonly tracks: readonly Track[] }
  /** The frames of one `moof`, each track's in decoding order, the tracks one after the other as they lie in the file. */
  | { readonly type: 'fragment'; readonly frames: readonly Frame[] }

/** Bounds of a stream that is read. */
export interface Mp4DemuxerOptions {
  /** Bytes of a `moov` or `moof`, default 4 MiB. */
  maxHeaderBytes?: number
  /** Bytes of the `mdat` of a fragment, default 128 MiB. */
  maxDataBytes?: number
  /** Samples of a fragment, default 65 536. */
  maxSamples?: number
}

interface BoxHeader {
  readonly type: string
  readonly headerBytes: number
  readonly sizeBytes: number
}

const SHORT_HEADER = 8
const LONG_HEADER = 16

/**
 * Push parser of fragmented MP4: an initialisation segment, then media segments, cut anywhere; another initialisation segment
 * may follow. Boxes that aren't needed are skipped whatever their size. After a throw the stream can't be read on.
 *
 * Throws FormatError: `MP4_NOT_FRAGMENTED`, `MP4_NO_TRACKS`, `MP4_BOX_SIZE`, `MP4_TOO_LARGE`, `MP4_DATA_RANGE`, and as the readers of
 * boxes, configurations and NAL units do.
 * @see ISO/IEC 14496-12 §8.8
 */
export class Mp4Demuxer {
  readonly #pending = new Accumulator()
  readonly #maxHeaderBytes: number
  readonly #maxDataBytes: number
  readonly #maxSamples: number
  /** Place in the stream of the first pending byte. */
  #offset = 0
  /** Bytes to drop before the next box. */
  #skip = 0
  #movie: readonly FragmentedTrack[] | undefined
  /** What a `moof` told whose data has not come. */
  #samples: readonly FragmentSample[] | undefined
  #nextTicks = new Map<number, number>()

  constructor({ maxHeaderBytes = 4 << 20, maxDataBytes = 128 << 20, maxSamples = 65_536 }: Mp4DemuxerOptions = {}) {
    this.#maxHeaderBytes = maxHeaderBytes
    this.#maxDataBytes = maxDataBytes
    this.#maxSamples = maxSamples
  }

  /** Whether the stream may end here: no box is cut off, and no fragment lacks its data. */
  get complete(): boolean {
    return this.#pending.length === 0 && this.#skip === 0 && this.#samples === undefined
  }

  /** Takes the next chunk, whose memory becomes part of the frames, and returns what it completes. */
  push(chunk: Uint8Array): Mp4Event[] {
    this.#pending.push(chunk)
    const events: Mp4Event[] = []
    while (this.#skipped()) {
      const header = this.#header()
      if (!header) break
      if (!this.#isNeeded(header)) {
        this.#skip = header.sizeBytes
        continue
      }
      if (this.#pending.length < header.sizeBytes) break
      const start = this.#offset
      const body = this.#take(header.sizeBytes).subarray(header.headerBytes)
      const event = this.#box(header.type, body, start, start + header.headerBytes)
      if (event) events.push(event)
    }
    return events
  }

  /** Drops what is to be skipped; whether all of it is gone. */
  #skipped(): boolean {
    const now = Math.min(this.#skip, this.#pending.length)
    this.#take(now)
    this.#skip -= now
    return this.#skip === 0
  }

  #take(length: number): Uint8Array {
    this.#offset += length
    return this.#pending.read(length)
  }

  /** The header of the next box, not consumed; undefined while it isn't all there. */
  #header(): BoxHeader | undefined {
    const available = this.#pending.length
    if (available < SHORT_HEADER) return undefined
    const reader = new ByteReader(this.#pending.peek(LONG_HEADER))
    const size32 = reader.u32()
    const type = readFourCc(reader)
    if (size32 === 1 && available < LONG_HEADER) return undefined
    const sizeBytes = size32 === 1 ? reader.u53() : size32
    const headerBytes = size32 === 1 ? LONG_HEADER : SHORT_HEADER
    if (sizeBytes < headerBytes) throw new FormatError('MP4_BOX_SIZE', `a ${type} box of ${sizeBytes} bytes`)
    return { type, headerBytes, sizeBytes }
  }

  #isNeeded({ type, sizeBytes }: BoxHeader): boolean {
    if (type === 'moov' || type === 'moof') return bounded(type, sizeBytes, this.#maxHeaderBytes)
    if (type !== 'mdat') return false
    if (!this.#samples) throw new FormatError('MP4_NOT_FRAGMENTED', 'an mdat without a moof before it')
    return bounded(type, sizeBytes, this.#maxDataBytes)
  }

  #box(type: string, body: Uint8Array, start: number, bodyStart: number): Mp4Event | undefined {
    if (type === 'moov') {
      this.#movie = readFragmentedMovie(body)
      this.#nextTicks = new Map()
      return { type: 'tracks', tracks: tracksOf(this.#movie) }
    }
    if (type === 'mdat') return this.#data(body, bodyStart)
    if (!this.#movie) throw new FormatError('MP4_NO_TRACKS', 'a moof without a moov before it')
    this.#samples = readMovieFragment(body, start, this.#movie, this.#nextTicks, this.#maxSamples)
    return undefined
  }

  #data(body: Uint8Array, bodyStart: number): Mp4Event {
    const samples = this.#samples ?? []
    this.#samples = undefined
    const frames = samples.map((sample) => {
      const from = sample.offset - bodyStart
      const to = from + sample.sizeBytes
      if (from < 0 || to > body.length) throw new FormatError('MP4_DATA_RANGE', 'a sample outside of its mdat')
      return frameOf(sample, body.subarray(from, to))
    })
    return { type: 'fragment', frames }
  }
}

function bounded(type: string, sizeBytes: number, maxBytes: number): true {
  if (sizeBytes > maxBytes) throw new FormatError('MP4_TOO_LARGE', `a ${type} box of ${sizeBytes} bytes`)
  return true
}
