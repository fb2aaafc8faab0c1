import { concatBytes } from '@millrace/bytes'
import { FormatError, errorCode, errorMessage, type Logger } from '@millrace/core'
import { SlidingWindow, type MediaPlaylist, type MultivariantPlaylist } from '@millrace/hls'
import type { Scheduler, StreamListener } from '@millrace/hub'
import type { Frame, StreamInfo, Track } from '@millrace/media'
import { TsMuxer, tsCarries } from '@millrace/mpegts'
import { Segmenter, steadyDuration90k, type SegmentStart } from '@millrace/segmenter'

import { mediaPlaylistUri, segmentUri } from './hls-target.ts'

export interface HlsOptions {
  /** A segment ends at the first key frame at or after this. */
  readonly segmentMs: number
  /** Playlists list at least this much. */
  readonly windowMs: number
  /** Bytes of finished segments kept, default 128 MiB. */
  readonly maxBytes?: number
  /** Time a request is held until there is a first segment, default 10 000 ms: encoders' default key frame distance. */
  readonly waitMs?: number
}

export interface HlsOutputDeps {
  /** Stream name, which URLs begin with. */
  readonly name: string
  readonly options: HlsOptions
  readonly scheduler: Scheduler
  /** Milliseconds since the epoch. */
  readonly wallNowMs: () => number
  readonly logger: Logger
}

/** Whether there is something to serve, and why not: nobody publishes, or the first segment is not complete. */
export type HlsState = 'ready' | 'absent' | 'starting' | 'unsupported' | 'closed'

const DEFAULT_MAX_BYTES = 128 << 20
/** Requests that wait for a first segment at once. */
const MAX_WAITERS = 10_000

/**
 * The HLS rendition of one stream, in memory: cuts its frames into TS segments and keeps a sliding window of them, over
 * any number of publications. Numbers of segments begin with the time in seconds, so that neither a restarted node
 * nor a stream that was forgotten meanwhile uses a name again that a cache may hold.
 */
export class HlsOutput implements StreamListener {
  readonly #deps: HlsOutputDeps
  readonly #segmenter: Segmenter
  readonly #muxer = new TsMuxer()
  readonly #waiters = new Set<() => void>()
  readonly #waitMs: number
  #window: SlidingWindow<Uint8Array> | undefined
  /** Tracks of the newest segment. */
  #tracks: readonly Track[] = []
  #open: { start: SegmentStart; chunks: Uint8Array[] } | undefined
  /** A segment that stayed empty was to begin with a discontinuity. */
  #owedDiscontinuity = false
  #publishing: 'no' | 'carried' | 'unsupported' = 'no'
  #closed = false
  #ended = false
  #droppedFrames = 0

  constructor(deps: HlsOutputDeps) {
    const { segmentMs, maxBytes = DEFAULT_MAX_BYTES, waitMs = 10_000 } = deps.options
    this.#deps = deps
    this.#waitMs = waitMs
    this.#segmenter = new Segmenter(
      {
        open: (start) => this.#begin(start),
        frame: (frame) => this.#add(frame),
        close: ({ duration90k }) => this.#finish(duration90k),
      },
      { targetMs: segmentMs, maxBytes: Math.floor(maxBytes / 2) },
    )
  }

  /** Frames whose bytes could not be carried. */
  get droppedFrames(): number {
    return this.#droppedFrames
  }

  /** Bytes of all segments held. */
  get sizeBytes(): number {
    return this.#window?.sizeBytes ?? 0
  }

  get targetDurationS(): number {
    return this.#window?.targetDurationS ?? 1
  }

  get state(): HlsState {
    if (this.#window && this.#window.length > 0) return 'ready'
    if (this.#closed) return 'closed'
    if (this.#publishing === 'no') return 'absent'
    return this.#publishing === 'carried' ? 'starting' : 'unsupported'
  }

  info({ tracks }: StreamInfo): void {
    const carried = tracks.filter(tsCarries)
    const left = tracks.filter((track) => !carried.includes(track)).map(({ codec }) => codec)
    if (left.length > 0) this.#deps.logger.warn({ codecs: left }, 'HLS leaves out what TS segments cannot carry')
    this.#publishing = carried.length > 0 ? 'carried' : 'unsupported'
    this.#ended = false
    this.#segmenter.setTracks(carried)
    if (this.#publishing === 'unsupported') this.#wake()
  }

  frame(frame: Frame): void {
    this.#segmenter.push(frame, this.#deps.wallNowMs())
  }

  interrupted(): void {
    this.#segmenter.end()
    this.#publishing = 'no'
  }

  /** No publisher came back in time: the playlist says so, and players stop without an error. */
  end(): void {
    this.#ended = true
  }

  closed(): void {
    this.#segmenter.end()
    this.#closed = true
    this.#wake()
  }

  /** Resolves when there is something to serve, or nothing will be, or the wait is over. */
  async ready(): Promise<HlsState> {
    const mayCome = this.state === 'absent' || this.state === 'starting'
    if (!mayCome || this.#waiters.size >= MAX_WAITERS) return this.state
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel()
        this.#waiters.delete(done)
        resolve()
      }
      const cancel = this.#deps.scheduler.after(this.#waitMs, done)
      this.#waiters.add(done)
    })
    return this.state
  }

  /** `query` (with its `?`, or empty) is added to the URI. Undefined unless the state is `ready`. */
  multivariantPlaylist(query: string): MultivariantPlaylist | undefined {
    if (!this.#window || this.#window.length === 0) return undefined
    const { peakBps, averageBps } = this.#window.bandwidth()
    const video = this.#tracks.find((track) => track.kind === 'video')
    const { width = 0, height = 0, frameRate = 0 } = video ?? {}
    const variant = {
      uri: mediaPlaylistUri(this.#deps.name, query),
      bandwidthBps: Math.max(1, peakBps),
      averageBandwidthBps: Math.max(1, averageBps),
      codecs: this.#tracks.map(({ codecString }) => codecString),
    }
    return { variants: [{ ...variant, width, height, frameRate }] }
  }

  /** As {@link multivariantPlaylist}. */
  mediaPlaylist(query: string): MediaPlaylist | undefined {
    if (!this.#window || this.#window.length === 0) return undefined
    return this.#window.playlist((sequence) => segmentUri(this.#deps.name, sequence, query), this.#ended)
  }

  /** A segment that is listed, or was until lately. Shared: not to be changed. */
  segment(sequence: number): Uint8Array | undefined {
    this.#window?.prune(this.#deps.scheduler.nowMs())
    return this.#window?.get(sequence)?.body
  }

  #begin(start: SegmentStart): void {
    if (start.discontinuity) this.#muxer.setTracks(start.tracks)
    this.#open = { start, chunks: [this.#muxer.tables()] }
  }

  #add(frame: Frame): void {
    try {
      this.#open?.chunks.push(...this.#muxer.encode(frame))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      if (this.#droppedFrames++ > 0) return
      this.#deps.logger.warn({ code: errorCode(error), error: errorMessage(error) }, 'HLS drops frames')
    }
  }

  #finish(duration90k: number): void {
    if (!this.#open) return
    const { start, chunks } = this.#open
    this.#open = undefined
    chunks.push(...this.#muxer.flush())
    const discontinuity = start.discontinuity || this.#owedDiscontinuity
    // nothing but tables: every frame of it was dropped
    this.#owedDiscontinuity = chunks.length === 1 && discontinuity
    if (chunks.length === 1) return
    const body = concatBytes(chunks)
    this.#tracks = start.tracks
    this.#window ??= this.#createWindow(duration90k)
    const times = { durationUs: Math.round((duration90k * 100) / 9), wallMs: start.wallMs }
    this.#window.add({ ...times, discontinuity, sizeBytes: body.length, body }, this.#deps.scheduler.nowMs())
    this.#wake()
  }

  #createWindow(first90k: number): SlidingWindow<Uint8Array> {
    const { segmentMs, windowMs, maxBytes = DEFAULT_MAX_BYTES } = this.#deps.options
    const window = new SlidingWindow<Uint8Array>({
      windowUs: windowMs * 1000,
      targetDurationS: Math.round(segmentMs / 1000),
      firstSequence: Math.floor(this.#deps.wallNowMs() / 1000),
      maxBytes,
    })
    // the first segment is a short one: what the next will be like is known from its length
    window.expectDuration((steadyDuration90k(first90k, segmentMs) * 100) / 9)
    return window
  }

  #wake(): void {
    for (const done of this.#waiters) done()
  }
}
