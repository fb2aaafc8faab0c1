import { concatBytes } from '@millrace/bytes'
import { rescale } from '@millrace/core'
import type { AppendMuxer, FileEnd, Frame, Track } from '@millrace/media'
import { box, fields, fourCc, joinParts } from './box.ts'
import { fileTypeBox } from './boxes/file-type.ts'
import { FragmentMuxer } from './fragment-muxer.ts'
import { writeMovieHead } from './init-segment.ts'
import { ProgressiveIndex } from './progressive-index.ts'

/** Media time in a fragment: what is lost at most, with what was not written yet, when a file has no end. */
const FRAGMENT_MS = 1000
/** Bytes in a fragment after which it is written at once. */
const MAX_FRAGMENT_BYTES = 8 << 20
/** Length of a box header with a 64-bit size. */
const WIDE_HEADER_BYTES = 16

/**
 * Makes an MP4 file that only grows until its end, and can be played whenever that stops: while it grows it has fragments;
 * {@link end} appends a `moov` with all samples, and makes one `mdat` of all before by writing over one box header. The result is
 * a progressive file, with the `moov` behind the media.
 *
 * The file begins at 0 with its first frame. Of {@link ProgressiveIndex} the memory per sample.
 * @see ISO/IEC 14496-12 §8.1.1, §8.8
 */
export class Mp4AppendMuxer implements AppendMuxer {
  readonly #fragments: FragmentMuxer
  readonly #index = new ProgressiveIndex()
  readonly #type = joinParts([fileTypeBox('iso6', ['isom', 'iso6', 'mp41'])])
  #frames: Frame[] = []
  #bufferedBytes = 0
  /** Of the first frame, and of the first in the fragment to come. */
  #startMs: number | undefined
  #fragmentMs = 0
  #endMs = 0

  /** @param tracks of the file; those that `mp4Carries` refuses are left out */
  constructor(tracks: readonly Track[]) {
    this.#fragments = new FragmentMuxer(tracks)
  }

  /** The tracks that are carried. */
  get tracks(): readonly Track[] {
    return this.#fragments.tracks
  }

  /** Decoding time of the newest frame, in milliseconds since the first. */
  get durationMs(): number {
    return this.#endMs
  }

  /** What the file begins with. Throws FormatError for a configuration that can't be written. */
  head(): Uint8Array {
    const movie = writeMovieHead(this.tracks)
    // becomes the header of the one mdat
    const placeholder = joinParts([box('free', new Uint8Array(WIDE_HEADER_BYTES - 8))])
    this.#index.skip(movie.length)
    return concatBytes([this.#type, placeholder, movie])
  }

  /**
   * Takes a frame; answers what is to be appended, which is nothing most times, and for a frame of no track that is carried.
   * Throws FormatError `MP4_TIME_RANGE` or `MP4_FRAGMENT_TOO_LARGE`: the file can't go on then.
   */
  encode(frame: Frame): Uint8Array {
    const { track, ptsTicks } = frame
    if (!this.tracks.some(({ id }) => id === track.id)) return EMPTY
    const dtsMs = rescale(frame.dtsTicks, track.timescale, 1000)
    this.#startMs ??= dtsMs
    const atMs = Math.max(0, dtsMs - this.#startMs)
    const due = atMs - this.#fragmentMs >= FRAGMENT_MS || this.#bufferedBytes >= MAX_FRAGMENT_BYTES
    const written = due ? this.#flush() : EMPTY
    if (this.#frames.length === 0) this.#fragmentMs = atMs
    const shift = rescale(this.#startMs, 1000, track.timescale)
    const dtsTicks = Math.max(0, frame.dtsTicks - shift)
    this.#frames.push({ ...frame, dtsTicks, ptsTicks: Math.max(dtsTicks, ptsTicks - shift) })
    this.#bufferedBytes += frame.payload.length
    this.#endMs = Math.max(this.#endMs, atMs)
    return written
  }

  /** Ends the file; to be called once. Throws as {@link encode} does. */
  end(): FileEnd {
    const last = this.#flush()
    const dataOffset = this.#type.length + WIDE_HEADER_BYTES
    const dataBytes = this.#index.dataBytes
    const header = fields((out) =>
      out
        .u32(1)
        .bytes(fourCc('mdat'))
        .u53(WIDE_HEADER_BYTES + dataBytes),
    )
    return {
      tail: concatBytes([last, this.#index.movie(dataOffset)]),
      patch: { offset: this.#type.length, bytes: header },
    }
  }

  #flush(): Uint8Array {
    const frames = this.#frames
    if (frames.length === 0) return EMPTY
    this.#frames = []
    const fragment = this.#fragments.fragment(frames)
    this.#index.skip(fragment.length - this.#bufferedBytes)
    this.#bufferedBytes = 0
    // a fragment has its tracks one behind the other
    for (const track of this.tracks) {
      for (const frame of frames) {
        if (frame.track.id === track.id) this.#index.add({ ...frame, sizeBytes: frame.payload.length })
      }
    }
    return fragment
  }
}

const EMPTY = new Uint8Array(0)
