import { equalBytes } from '@millrace/bytes'
import { FormatError, rescale } from '@millrace/core'
import type { Track } from '@millrace/media'
import type { Part } from './box.ts'
import type { Edit } from './boxes/edit-list.ts'
import {
  chunkOffsetBox,
  compositionOffsetBox,
  sampleSizeBox,
  sampleToChunkBox,
  syncSampleBox,
  timeToSampleBox,
} from './boxes/sample-table.ts'
import { frameDurationTicks } from './frame-duration.ts'
import { trackBox } from './track-box.ts'
import { U32List } from './u32-list.ts'

/** One access unit of a file: a Frame without its payload. */
export interface ProgressiveSample {
  readonly track: Track
  readonly sizeBytes: number
  /** In the track's timescale. */
  readonly dtsTicks: number
  readonly ptsTicks: number
  readonly key: boolean
}

/** A chunk takes samples up to this much time, in seconds, so that players needn't read far for the other tracks. */
const CHUNK_S = 1
const MAX_TICKS = 2 ** 31

/** The clock of the movie, and where it begins. */
export interface MovieTimeline {
  readonly movieTimescale: number
  /** The earliest presentation time of all tracks, in seconds. */
  readonly startS: number
}

/** What the whole movie knows when a track is written. */
export interface MovieLayout extends MovieTimeline {
  readonly trackId: number
  readonly wideOffsets: boolean
  /** Place of the first sample's first byte in the file, known when boxes are written. */
  readonly dataOffset: () => number
}

/** The samples of one track, as run lengths where that is shorter. */
export class ProgressiveTrack {
  /** That of the stream's track. */
  readonly id: number
  readonly timescale: number
  readonly #configurations: Track[]
  readonly #durations = new U32List()
  readonly #compositions = new U32List()
  readonly #syncs = new U32List()
  readonly #sizes = new U32List()
  readonly #chunkRuns = new U32List()
  readonly #chunks = new U32List()
  /** The chunk that takes samples: which configuration, how many so far, and when it began. */
  #chunk = { description: 0, samples: 0, startTicks: 0 }
  #firstTicks = 0
  #lastTicks = 0
  #lastPtsTicks = 0
  #minPtsTicks = Infinity
  #maxEndTicks = -Infinity
  /** What the last sample will last: as the one before it did, unless that was before a gap. */
  #usualTicks: number

  constructor(track: Track) {
    this.id = track.id
    this.timescale = track.timescale
    this.#configurations = [track]
    this.#usualTicks = frameDurationTicks({ track, payload: new Uint8Array(0) })
  }

  /** Earliest presentation time, in seconds. */
  get startS(): number {
    return this.#minPtsTicks / this.timescale
  }

  /**
   * Appends a sample that lies at `offset` of the media data.
   * @param continues whether it follows this track's sample before it directly
   */
  add(sample: ProgressiveSample, offset: number, continues: boolean): void {
    const { timescale } = sample.track
    const first = this.#sizes.length === 0
    const rescaled = rescale(sample.dtsTicks, timescale, this.timescale)
    const pts = rescale(sample.ptsTicks, timescale, this.timescale)
    // a time that falls is taken as the one before it
    const dts = first ? rescaled : Math.max(rescaled, this.#lastTicks)
    const step = first ? 0 : checked(dts - this.#lastTicks)
    const composition = checked(pts - dts)
    if (first) this.#firstTicks = dts
    else this.#endLast(step)
    this.#lastTicks = dts
    this.#lastPtsTicks = pts
    this.#minPtsTicks = Math.min(this.#minPtsTicks, pts)
    this.#sizes.push(sample.sizeBytes)
    if (sample.key) this.#syncs.push(this.#sizes.length)
    pushRun(this.#compositions, composition)
    this.#place(this.#descriptionOf(sample.track), dts, offset, continues)
  }

  /** Tells that no sample will come, so that the last one has its duration. */
  end(): void {
    this.#endLast(this.#usualTicks)
    this.#lastTicks += this.#usualTicks
    this.#endChunk()
  }

  /** When the track is presented in the movie, in ticks of the movie; after {@link end}. */
  span({ movieTimescale, startS }: MovieTimeline): { delayTicks: number; movieTicks: number } {
    const delayTicks = Math.round((this.startS - startS) * movieTimescale)
    const presentedTicks = this.#maxEndTicks - this.#minPtsTicks
    return { delayTicks, movieTicks: delayTicks + Math.ceil((presentedTicks * movieTimescale) / this.timescale) }
  }

  /** TrackBox `trak`, after {@link end}. Throws FormatError for a configuration that can't be written. */
  box(layout: MovieLayout): Part {
    const { delayTicks, movieTicks } = this.span(layout)
    const mediaTicks = Math.max(0, this.#minPtsTicks - this.#firstTicks)
    const edits: Edit[] = [{ durationTicks: movieTicks - delayTicks, mediaTicks }]
    if (delayTicks > 0) edits.unshift({ durationTicks: delayTicks, mediaTicks: null })
    const allSync = this.#syncs.length === this.#sizes.length
    return trackBox({
      trackId: layout.trackId,
      configurations: this.#configurations,
      timescale: this.timescale,
      mediaTicks: this.#lastTicks - this.#firstTicks,
      movieTicks,
      edits,
      samples: [
        timeToSampleBox(this.#durations),
        ...(this.#isReordered() ? [compositionOffsetBox(this.#compositions)] : []),
        ...(allSync ? [] : [syncSampleBox(this.#syncs)]),
        sampleToChunkBox(this.#chunkRuns),
        sampleSizeBox(this.#sizes),
        chunkOffsetBox(this.#chunks, layout.wideOffsets, layout.dataOffset),
      ],
    })
  }

  #endLast(durationTicks: number): void {
    pushRun(this.#durations, durationTicks)
    this.#maxEndTicks = Math.max(this.#maxEndTicks, this.#lastPtsTicks + durationTicks)
    if (durationTicks > 0 && durationTicks < this.timescale) this.#usualTicks = durationTicks
  }

  #isReordered(): boolean {
    return this.#compositions.length > 2 || this.#compositions.at(1) !== 0
  }

  /** Index of the track's configuration, from 1. */
  #descriptionOf(track: Track): number {
    const newest = this.#configurations.length
    if (this.#configurations[newest - 1] === track) return newest
    const found = this.#configurations.findIndex((one) => one === track || sameConfiguration(one, track))
    return found >= 0 ? found + 1 : this.#configurations.push(track)
  }

  #place(description: number, dts: number, offset: number, continues: boolean): void {
    const chunk = this.#chunk
    const fits = continues && chunk.description === description && dts - chunk.startTicks < CHUNK_S * this.timescale
    if (fits) {
      chunk.samples++
      return
    }
    this.#endChunk()
    this.#chunk = { description, samples: 1, startTicks: dts }
    this.#chunks.push(Math.floor(offset / 2 ** 32))
    this.#chunks.push(offset % 2 ** 32)
  }

  #endChunk(): void {
    const { description, samples } = this.#chunk
    const runs = this.#chunkRuns
    if (samples === 0) return
    const last = runs.length
    if (last > 0 && runs.at(last - 2) === samples && runs.at(last - 1) === description) return
    runs.push(this.#chunks.length / 2)
    runs.push(samples)
    runs.push(description)
  }
}

/** Counts `value` to the newest run, or begins one. Signed values are kept in two's complement. */
function pushRun(runs: U32List, value: number): void {
  const { length } = runs
  if (length > 0 && runs.at(length - 1) === value >>> 0) {
    runs.setAt(length - 2, runs.at(length - 2) + 1)
  } else {
    runs.push(1)
    runs.push(value)
  }
}

function sameConfiguration(a: Track, b: Track): boolean {
  if (a.codec !== b.codec || !equalBytes(a.config, b.config)) return false
  if (a.kind === 'video') return b.kind === 'video' && a.width === b.width && a.height === b.height
  return b.kind === 'audio' && a.sampleRate === b.sampleRate && a.channels === b.channels
}

function checked(ticks: number): number {
  if (Math.abs(ticks) >= MAX_TICKS) throw new FormatError('MP4_TIME_RANGE', `${ticks} ticks`)
  return ticks
}
