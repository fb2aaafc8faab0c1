import { InvariantError } from '@millrace/core'
import { box, fields, fourCc, joinParts } from './box.ts'
import type { Part } from './box.ts'
import { fileTypeBox } from './boxes/file-type.ts'
import { movieHeaderBox } from './boxes/movie-header.ts'
import { ProgressiveTrack } from './progressive-track.ts'
import type { ProgressiveSample } from './progressive-track.ts'

/** Fine enough for all tracks to begin within a hundredth of a millisecond of their time. */
const MOVIE_TIMESCALE = 90_000
const MAX_U32 = 0xffffffff

/**
 * Index of a progressive MP4 that is written in one pass: samples are told in the order in which their bytes are stored, and
 * at the end {@link header} is what comes before these bytes.
 *
 * Tracks go by kind and id; one whose configuration, codec or timescale changes stays the same track, with one more sample
 * description. Decoding times should rise over the whole file; one that falls is taken as the one before it. The file begins
 * with the earliest presentation time, whatever that is. A gap is a longer sample; above 2^31 ticks it can't be told.
 *
 * Memory is 4 bytes a sample and, for times that vary, up to 16 more.
 * @see ISO/IEC 14496-12 §8.6, §8.7
 */
export class ProgressiveIndex {
  readonly #tracks = new Map<string, ProgressiveTrack>()
  #newest: ProgressiveTrack | undefined
  #dataBytes = 0
  #ended = false

  /** Bytes of all samples told, and of what was skipped. */
  get dataBytes(): number {
    return this.#dataBytes
  }

  /**
   * Tells the next sample. `mp4Carries` must allow its track. Throws FormatError `MP4_TIME_RANGE` for times that can't be told; the
   * sample is not in the file then. Throws InvariantError `MP4_INDEX_ENDED` after {@link header}.
   */
  add(sample: ProgressiveSample): void {
    if (this.#ended) throw new InvariantError('MP4_INDEX_ENDED', 'a sample after the header')
    const name = `${sample.track.kind} ${sample.track.id}`
    const track = this.#tracks.get(name) ?? new ProgressiveTrack(sample.track)
    track.add(sample, this.#dataBytes, this.#newest === track)
    this.#tracks.set(name, track)
    this.#newest = track
    this.#dataBytes += sample.sizeBytes
  }

  /** Tells of bytes behind the newest sample that are none: the boxes around a fragment's data, when the file has fragments, too. */
  skip(sizeBytes: number): void {
    this.#dataBytes += sizeBytes
    this.#newest = undefined
  }

  /**
   * The `moov` alone, for a file in which the first of the bytes told is at `dataOffset`. To be called once, at the end, and not
   * with {@link header}. Throws as {@link header} does.
   */
  movie(dataOffset: number): Uint8Array {
    this.#end()
    const wideOffsets = dataOffset + this.#dataBytes > MAX_U32
    return joinParts([this.#movieBox(wideOffsets, () => dataOffset)])
  }

  /**
   * All that comes before the samples' bytes: `ftyp`, `moov`, and the header of `mdat`. To be called once, at the end.
   * Throws FormatError for a configuration that can't be written, InvariantError `MP4_INDEX_ENDED`.
   *
   * @param wantedBytes how long it is to be at least: filled up by a `free` box, and longer only where it has to be
   */
  header(wantedBytes = 0): Uint8Array {
    this.#end()
    let dataOffset = 0
    const layout = (wideOffsets: boolean): Part[] => [
      fileTypeBox('isom', ['isom', 'iso6', 'mp41']),
      this.#movieBox(wideOffsets, () => dataOffset),
    ]
    const dataBox = dataHeader(this.#dataBytes)
    const headerBytes = (parts: readonly Part[]): number =>
      parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, dataBox.length)
    const narrow = layout(false)
    const longestBytes = Math.max(headerBytes(narrow), wantedBytes) + FREE_HEADER_BYTES
    const parts = longestBytes + this.#dataBytes > MAX_U32 ? layout(true) : narrow
    const missingBytes = wantedBytes - headerBytes(parts)
    if (missingBytes > 0) parts.push(box('free', new Uint8Array(Math.max(0, missingBytes - FREE_HEADER_BYTES))))
    dataOffset = headerBytes(parts)
    return joinParts([...parts, dataBox])
  }

  #end(): void {
    if (this.#ended) throw new InvariantError('MP4_INDEX_ENDED', 'a second header')
    this.#ended = true
    for (const track of this.#tracks.values()) track.end()
  }

  /** MovieBox `moov`. @see ISO/IEC 14496-12 §8.2.1 */
  #movieBox(wideOffsets: boolean, dataOffset: () => number): Part {
    const tracks = [...this.#tracks.values()].toSorted((a, b) => a.id - b.id)
    const startS = tracks.reduce((least, track) => Math.min(least, track.startS), Infinity)
    const layout = { movieTimescale: MOVIE_TIMESCALE, startS, wideOffsets, dataOffset }
    const durationTicks = tracks.reduce((most, track) => Math.max(most, track.span(layout).movieTicks), 0)
    return box(
      'moov',
      movieHeaderBox({ timescale: MOVIE_TIMESCALE, durationTicks, nextTrackId: tracks.length + 1 }),
      ...tracks.map((track, i) => track.box({ ...layout, trackId: i + 1 })),
    )
  }
}

/** A `free` box can't be shorter. @see ISO/IEC 14496-12 §8.1.2 */
const FREE_HEADER_BYTES = 8

/** Header of the `mdat`, with 64 bits for a large one. */
function dataHeader(dataBytes: number): Uint8Array {
  const wide = dataBytes + 8 > MAX_U32
  return fields((out) => {
    out.u32(wide ? 1 : dataBytes + 8).bytes(fourCc('mdat'))
    if (wide) out.u53(dataBytes + 16)
  })
}
