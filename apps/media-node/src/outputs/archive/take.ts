import type { ArchiveOrder } from '@millrace/contracts'
import { rescale, type Logger } from '@millrace/core'
import type { Frame, StreamInfo, Track } from '@millrace/media'
import { sameTracks, Segmenter, type SegmentEnd, type SegmentSink, type SegmentStart } from '@millrace/segmenter'

import { trackInfo } from '../../broadcast/track-info.ts'
import { createPackaging, type Packaged, type SegmentPackaging } from './packagings.ts'
import type { TakeWriter } from './take-writer.ts'

export interface TakeDeps {
  readonly order: ArchiveOrder
  /** Called with the first segment: a take without one leaves no trace. */
  readonly openWriter: () => TakeWriter
  /** Milliseconds since the epoch. */
  readonly wallNowMs: () => number
  readonly logger: Logger
}

/** Media in memory: what a crash costs. */
const PART_90K = 90_000
const MAX_PART_BYTES = 8 << 20
/** Segments are cut even without a key frame after this, or twice their target. */
const MAX_SEGMENT_MS = 20_000
/** Wait for the first segment of a live playlist. */
const FIRST_LIVE_MS = 1000
/** What times in segments are counted from: small enough to be exact in 90 kHz and far finer clocks for centuries. */
const TIME_ORIGIN_MS = Date.UTC(2026)

interface Pending {
  readonly start90k: number
  /** Of the part that is being gathered, from the segment's start. */
  from90k: number
  frames: Frame[]
  sizeBytes: number
  /** What the next part begins with. */
  header: Uint8Array | null
}

/**
 * One run of the archive: cuts a stream into segments, and these into parts that go to the spool. The times in segments are those
 * of the wall clock where a timeline begins, so that they rise from take to take, whatever node makes the next: players that take
 * no notice of discontinuities drop what falls behind.
 */
export class Take implements SegmentSink {
  readonly order: ArchiveOrder
  readonly #deps: TakeDeps
  readonly #packaging: SegmentPackaging
  readonly #segmenter: Segmenter
  #writer: TakeWriter | undefined
  #tracks: readonly Track[] = []
  #init = -1
  #pending: Pending | undefined
  /** From the stream's times to those in segments. */
  #shift90k = 0
  /** Where the segment before ended, as its times say. */
  #end90k = 0
  #leftOut = ''

  constructor(deps: TakeDeps) {
    this.order = deps.order
    this.#deps = deps
    this.#packaging = createPackaging(deps.order.format)
    const { segment_ms: targetMs, live_playlist: live } = deps.order
    this.#segmenter = new Segmenter(this, {
      targetMs,
      firstTargetMs: live ? FIRST_LIVE_MS : targetMs,
      maxMs: Math.max(MAX_SEGMENT_MS, 2 * targetMs),
    })
  }

  info({ tracks }: StreamInfo): void {
    const carried = tracks.filter((track) => this.#packaging.carries(track))
    const leftOut = tracks.filter((track) => !carried.includes(track)).map(({ codec }) => codec)
    if (leftOut.length > 0 && leftOut.join() !== this.#leftOut) {
      this.#deps.logger.warn(
        { codecs: leftOut, format: this.order.format },
        'the archive leaves out what its format cannot carry',
      )
    }
    this.#leftOut = leftOut.join()
    this.#segmenter.setTracks(carried)
  }

  push(frame: Frame): void {
    this.#segmenter.push(frame, this.#deps.wallNowMs())
  }

  /** No more comes. */
  end(): void {
    try {
      this.#segmenter.end()
    } finally {
      this.#writer?.end()
    }
  }

  // --- what the segmenter tells ---

  open({ tracks, start90k, wallMs, discontinuity }: SegmentStart): void {
    this.#writer ??= this.#deps.openWriter()
    if (discontinuity && (this.#init < 0 || !sameTracks(this.#tracks, tracks))) this.#changeTracks(tracks)
    if (discontinuity) {
      this.#shift90k = Math.max(Math.round((wallMs - TIME_ORIGIN_MS) * 90), this.#end90k) - start90k
    }
    this.#writer.open({ init: this.#init, start90k, startsAtMs: Math.round(wallMs), discontinuity })
    this.#pending = { start90k, from90k: 0, frames: [], sizeBytes: 0, header: this.#packaging.begin() }
  }

  frame(frame: Frame): void {
    const pending = this.#pending
    if (!pending) return
    const at90k = rescale(frame.dtsTicks, frame.track.timescale, 90_000) - pending.start90k
    if (at90k - pending.from90k >= PART_90K || pending.sizeBytes >= MAX_PART_BYTES) {
      this.#flush(pending, at90k, new Map([[frame.track.id, frame.dtsTicks]]))
    }
    pending.frames.push(frame)
    pending.sizeBytes += frame.payload.length
  }

  close({ duration90k }: SegmentEnd): void {
    const pending = this.#pending
    if (!pending) return
    this.#pending = undefined
    this.#end90k = pending.start90k + duration90k + this.#shift90k
    this.#flush(pending, duration90k, endOf(this.#tracks, pending.start90k + duration90k))
    this.#writer?.close(duration90k)
  }

  #changeTracks(tracks: readonly Track[]): void {
    this.#tracks = tracks
    const init = this.#packaging.setTracks(tracks)
    this.#writer?.tracks(++this.#init, tracks.map(trackInfo), init)
  }

  #flush(pending: Pending, end90k: number, next: ReadonlyMap<number, number>): void {
    const { frames, header } = pending
    pending.frames = []
    pending.sizeBytes = 0
    pending.from90k = end90k
    const packaged = this.#packaging.part(
      frames.map((frame) => this.#shifted(frame)),
      new Map(Array.from(next, ([id, ticks]) => [id, ticks + this.#shiftOf(id)])),
    )
    if (packaged.chunks.length === 0) return
    pending.header = null
    this.#writer?.part({ ...withHeader(header, packaged), end90k })
  }

  #shifted(frame: Frame): Frame {
    const ticks = this.#shiftOf(frame.track.id)
    return { ...frame, dtsTicks: frame.dtsTicks + ticks, ptsTicks: frame.ptsTicks + ticks }
  }

  #shiftOf(trackId: number): number {
    const timescale = this.#tracks.find(({ id }) => id === trackId)?.timescale ?? 90_000
    return rescale(this.#shift90k, 90_000, timescale)
  }
}

function withHeader(header: Uint8Array | null, packaged: Packaged): Packaged & { sizeBytes: number } {
  const chunks = header ? [header, ...packaged.chunks] : packaged.chunks
  return { ...packaged, chunks, sizeBytes: chunks.reduce((sum, { length }) => sum + length, 0) }
}

/** A segment ends for all its tracks where the next picture is, so that players find no hole there. */
function endOf(tracks: readonly Track[], at90k: number): ReadonlyMap<number, number> {
  return new Map(tracks.map(({ id, timescale }) => [id, rescale(at90k, 90_000, timescale)]))
}
