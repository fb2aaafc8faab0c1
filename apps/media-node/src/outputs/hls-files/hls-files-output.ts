import { readFileSync } from 'node:fs'

import { concatBytes } from '@millrace/bytes'
import { CodedError, FormatError, errorCode, errorMessage, type Logger } from '@millrace/core'
import { writeMultivariantPlaylist } from '@millrace/hls'
import type { Scheduler, StreamKey } from '@millrace/hub'
import type { Frame, StreamInfo, Track } from '@millrace/media'
import { TsMuxer, tsCarries } from '@millrace/mpegts'
import { Segmenter, type SegmentStart } from '@millrace/segmenter'

import type { FilesOutput } from '../../file-streams/file-streams.ts'
import { FileQueue } from '../../io/file-queue.ts'
import { FloorClock } from './floor-clock.ts'
import { HlsFileList, type SegmentFile } from './hls-file-list.ts'
import { HlsNames } from './hls-names.ts'
import type { HlsFilesOptions } from './options.ts'
import { SegmentKeys } from './segment-keys.ts'
import { SteadySound } from './steady-sound.ts'

/** A segment that was written. */
export interface WrittenSegment {
  readonly key: StreamKey
  readonly seq: number
  readonly durationMs: number
  /** Absolute file names. */
  readonly file: string
  readonly playlistFile: string
  /** As the playlist names it. */
  readonly uri: string
}

export interface HlsFilesOutputDeps {
  readonly key: StreamKey
  readonly options: HlsFilesOptions
  readonly scheduler: Scheduler
  /** Milliseconds since the epoch. */
  readonly wallNowMs: () => number
  readonly logger: Logger
  /**
   * What did this for the stream by other options, and does no more: numbers go on, and so does the list where it is the same file. Of a
   * stream that this node knows nothing of numbers follow from the playlist that is there.
   */
  readonly before?: HlsFilesOutput | undefined
  /** Ends the publication. */
  readonly disconnect: () => void
  /** What of the files changes: `undefined` bytes when one was removed. */
  readonly changed: (file: string, bytes: number | undefined) => void
  readonly written: (segment: WrittenSegment) => void
}

interface OpenSegment {
  readonly start: SegmentStart
  readonly seq: number
  readonly floor: number | undefined
  readonly chunks: Uint8Array[]
}

/** A stream of pictures without key frames is cut here. */
const MAX_PICTURES_MS = 120_000
/** Payload bytes of a segment at most. */
const MAX_SEGMENT_BYTES = 48 << 20

/** One stream as HLS in files, over any number of publications, numbers and list going on. */
export class HlsFilesOutput implements FilesOutput<HlsFilesOptions> {
  readonly key: StreamKey
  readonly names: HlsNames
  readonly options: HlsFilesOptions
  readonly disposal: FilesOutput<HlsFilesOptions>['disposal']
  /** What viewers were sent, which is counted by who sends it. */
  sentBytes: number
  readonly #deps: HlsFilesOutputDeps
  readonly #segmenter: Segmenter
  readonly #muxer = new TsMuxer()
  readonly #queue: FileQueue
  readonly #keys: SegmentKeys | undefined
  readonly #floor: FloorClock | undefined
  readonly #steady: SteadySound | undefined
  readonly #list: HlsFileList
  #keyFile: string | undefined
  #tracks: readonly Track[] = []
  #open: OpenSegment | undefined
  #nextSequence: number
  #hasVideo = false
  #stopped = false
  /** Segments before the next one were lost. */
  #owesDiscontinuity = false
  #failures = 0

  constructor(deps: HlsFilesOutputDeps) {
    const { options, key, before } = deps
    this.#deps = deps
    this.key = key
    this.options = options
    this.sentBytes = before?.sentBytes ?? 0
    const { disposeMs } = options
    this.disposal = disposeMs > 0 ? { idleMs: disposeMs, run: () => this.#removeAll() } : undefined
    this.names = new HlsNames(key, options)
    this.#keys = options.keys && new SegmentKeys(options.keys, this.names)
    this.#floor = options.floorTimestamp ? new FloorClock(options.segmentMs) : undefined
    this.#steady = options.directTimes ? undefined : new SteadySound()
    this.#nextSequence = before?.nextSequence ?? sequenceAfter(this.names.playlist)
    this.#queue = before ? before.#queue : new FileQueue('HLS')
    const isSame = before?.names.playlist === this.names.playlist
    this.#list = isSame ? before.#list : this.#newList()
    if (isSame) this.#list.configure(options)
    this.#segmenter = new Segmenter(
      {
        open: (start) => this.#begin(start),
        frame: (frame) => this.#add(frame),
        close: ({ duration90k }) => this.#finish(duration90k / 90),
      },
      {
        targetMs: () => this.#targetMs(),
        firstTargetMs: Infinity,
        maxMs: () => (this.#hasSound ? options.segmentMs * options.overflowRatio : MAX_PICTURES_MS),
        maxBytes: MAX_SEGMENT_BYTES,
        waitKeyFrame: options.waitKeyFrame,
      },
    )
  }

  /** Number of the next segment to be finished. */
  get nextSequence(): number {
    return this.#open?.seq ?? this.#nextSequence
  }

  /** The playlist as it is now, with `query` (with its `?`, or empty) added to the URIs of segments; undefined while it is empty. */
  playlist(query = ''): string | undefined {
    return this.#list.playlist(query)
  }

  /** A multivariant playlist of the one media playlist at `uri`. */
  multivariant(uri: string): string {
    const { peakBps, averageBps } = this.#list.bandwidth()
    const video = this.#tracks.find((track) => track.kind === 'video')
    const { width = 0, height = 0, frameRate = 0 } = video ?? {}
    const rates = { bandwidthBps: Math.max(1, peakBps), averageBandwidthBps: Math.max(1, averageBps) }
    const codecs = this.#tracks.map(({ codecString }) => codecString)
    return writeMultivariantPlaylist({ variants: [{ uri, ...rates, codecs, width, height, frameRate }] })
  }

  /** Another publication begins: one that HLS had been given up for was another. */
  begin(): void {
    this.#stopped = false
  }

  info({ tracks }: StreamInfo): void {
    const carried = tracks.filter(tsCarries)
    const left = tracks.filter((track) => !carried.includes(track)).map(({ codec }) => codec)
    if (left.length > 0) this.#deps.logger.warn({ codecs: left }, 'HLS leaves out what TS segments cannot carry')
    this.#hasVideo = carried.some(({ kind }) => kind === 'video')
    this.#tracks = carried
    this.#segmenter.setTracks(carried)
  }

  frame(frame: Frame): void {
    if (!this.#stopped) this.#segmenter.push(frame, this.#deps.wallNowMs())
  }

  interrupted(): void {
    this.#segmenter.end()
  }

  closed(): void {
    this.#segmenter.end()
  }

  /** Resolves when all that is to be written has been. */
  done(): Promise<void> {
    return this.#queue.done()
  }

  get #hasSound(): boolean {
    return this.#tracks.some(({ kind }) => kind === 'audio')
  }

  #newList(): HlsFileList {
    const { options, changed } = this.#deps
    return new HlsFileList({ playlistFile: this.names.playlist, options, firstSequence: this.nextSequence, changed })
  }

  #targetMs(): number {
    const { segmentMs, overflowRatio } = this.options
    const steered = this.#floor?.begin(this.#deps.wallNowMs()) ?? segmentMs
    return this.#hasVideo ? steered : steered * overflowRatio
  }

  #begin(start: SegmentStart): void {
    const { tracks, discontinuity } = start
    if (discontinuity)
      this.#muxer.setTracks(this.#steady ? tracks.map((track) => this.#steady?.track(track) ?? track) : tracks)
    this.#open = { start, seq: this.#nextSequence++, floor: this.#floor?.count, chunks: [this.#muxer.tables()] }
  }

  #add(frame: Frame): void {
    try {
      this.#open?.chunks.push(...this.#muxer.encode(this.#steady?.frame(frame) ?? frame))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
    }
  }

  #finish(durationMs: number): void {
    if (!this.#open) return
    const { start, seq, floor, chunks } = this.#open
    this.#open = undefined
    chunks.push(...this.#muxer.flush())
    // nothing but tables: no frame of it could be carried
    if (chunks.length === 1) {
      this.#nextSequence = seq
      this.#owesDiscontinuity ||= start.discontinuity
      return
    }
    const bytes = concatBytes(chunks)
    const named = this.names.segment({ seq, wallMs: start.wallMs, durationMs, floor })
    const sealed = this.#keys?.seal(seq, bytes)
    this.#keyFile = sealed?.keyFile?.file ?? this.#keyFile
    const segment: SegmentFile = { ...named, key: sealed?.key, keyFile: this.#keyFile }
    const body = sealed?.bytes ?? bytes
    const nowMs = this.#deps.scheduler.nowMs()
    this.#enqueue(body.length, async () => {
      const discontinuity = start.discontinuity || this.#owesDiscontinuity
      this.#owesDiscontinuity = false
      const keyBytes = sealed?.keyFile?.bytes
      await this.#list.add({ segment, bytes: body, durationMs, discontinuity, keyBytes }, nowMs)
      this.#deps.written({ ...named, key: this.key, seq, durationMs, playlistFile: this.names.playlist })
    })
  }

  /** Numbers go on. */
  #removeAll(): void {
    const next = this.nextSequence
    this.#enqueue(0, () => this.#list.removeAll(next))
  }

  #enqueue(bytes: number, task: () => Promise<void>): void {
    try {
      this.#queue.add(bytes, task, (error) => this.#fail(error))
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      this.#fail(error)
    }
  }

  /**
   * Files could not be written.
   *
   * SRS: `continue` goes on with the next segment, as its documentation says; its code disconnects the publisher then too.
   */
  #fail(error: CodedError): void {
    const { onError } = this.options
    this.#owesDiscontinuity = true
    if (this.#failures++ === 0 || onError !== 'continue') {
      this.#deps.logger.error(
        { code: errorCode(error), error: errorMessage(error), hls_on_error: onError },
        'HLS could not write',
      )
    }
    if (onError === 'continue') return
    this.#stopped = true
    if (onError === 'disconnect') this.#deps.disconnect()
  }
}

/** The number after the last segment of a playlist that an earlier run has left; 0 without one. */
function sequenceAfter(file: string): number {
  let text: string
  try {
    // one small file at the begin of a publication
    text = readFileSync(file, 'utf8')
  } catch {
    return 0
  }
  const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d{1,15})$/m.exec(text)?.[1] ?? 0)
  return first + text.split('#EXTINF:').length - 1
}
