import { readFileSync } from 'node:fs'

import { concatBytes } from '@millrace/bytes'
import { CodedError, FormatError, errorCode, errorMessage, type Logger } from '@millrace/core'
import {
  SlidingWindow,
  writeMediaPlaylist,
  writeMultivariantPlaylist,
  type SegmentKey,
  type WindowSegment,
} from '@millrace/hls'
import type { Scheduler, StreamKey } from '@millrace/hub'
import type { Frame, StreamInfo, Track } from '@millrace/media'
import { TsMuxer, tsCarries } from '@millrace/mpegts'
import { Segmenter, type SegmentStart } from '@millrace/segmenter'

import type { FilesOutput } from '../../file-streams/file-streams.ts'
import { FileQueue, removeFiles, writeWhole } from '../../io/file-queue.ts'
import { FloorClock } from './floor-clock.ts'
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

/** What is kept of a segment that a file has. */
interface SegmentFile {
  readonly file: string
  readonly uri: string
  readonly key: SegmentKey | undefined
  readonly keyFile: string | undefined
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
const MAX_SEGMENTS = 100_000

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
  /** Segments with a file. */
  readonly #files: Set<SegmentFile>
  #keyFile: string | undefined
  #window: SlidingWindow<SegmentFile>
  #forgotten: string[] = []
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
    this.disposal = disposeMs > 0 ? { idleMs: disposeMs, run: () => this.#dispose() } : undefined
    this.names = new HlsNames(key, options)
    this.#keys = options.keys && new SegmentKeys(options.keys, this.names)
    this.#floor = options.floorTimestamp ? new FloorClock(options.segmentMs) : undefined
    this.#steady = options.directTimes ? undefined : new SteadySound()
    this.#nextSequence = before?.nextSequence ?? sequenceAfter(this.names.playlist)
    this.#queue = before ? before.#queue : new FileQueue('HLS')
    const same = before?.names.playlist === this.names.playlist ? before : undefined
    this.#files = same ? same.#files : new Set()
    this.#window = same ? same.#window : this.#newWindow()
    if (same) this.#window.configure(this.#bounds)
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
    const list = this.#window.playlist((sequence) => withQuery(this.#window.get(sequence)?.body.uri ?? '', query))
    if (list.segments.length === 0) return undefined
    const segments = list.segments.map((segment, i) => {
      const key = this.#window.get(list.mediaSequence + i)?.body.key
      return key ? { ...segment, key } : segment
    })
    return writeMediaPlaylist({ ...list, segments })
  }

  /** A multivariant playlist of the one media playlist at `uri`. */
  multivariant(uri: string): string {
    const { peakBps, averageBps } = this.#window.bandwidth()
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

  /** Removes all files; numbers go on. */
  #dispose(): void {
    this.#enqueue(0, async () => {
      const files = new Set([this.names.playlist])
      for (const { file, keyFile } of this.#files)
        for (const each of [file, keyFile]) if (each !== undefined) files.add(each)
      this.#files.clear()
      this.#window = this.#newWindow()
      await this.#remove(files)
    })
  }

  /** Resolves when all that is to be written has been. */
  done(): Promise<void> {
    return this.#queue.done()
  }

  get #hasSound(): boolean {
    return this.#tracks.some(({ kind }) => kind === 'audio')
  }

  get #bounds(): Parameters<SlidingWindow<SegmentFile>['configure']>[0] {
    const { windowMs, segmentMs, targetRatio } = this.options
    return {
      windowUs: windowMs * 1000,
      targetDurationS: Math.ceil((segmentMs * targetRatio) / 1000),
      onForgotten: (segment) => this.#forget(segment),
    }
  }

  #newWindow(): SlidingWindow<SegmentFile> {
    const limits = { maxSegments: MAX_SEGMENTS, maxBytes: Infinity }
    return new SlidingWindow<SegmentFile>({ ...this.#bounds, ...limits, firstSequence: this.nextSequence })
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
      if (sealed?.keyFile) await this.#write(sealed.keyFile.file, sealed.keyFile.bytes)
      await this.#write(segment.file, body)
      this.#files.add(segment)
      const discontinuity = start.discontinuity || this.#owesDiscontinuity
      this.#owesDiscontinuity = false
      const times = { durationUs: Math.round(durationMs * 1000), wallMs: null, discontinuity }
      this.#window.add({ ...times, sizeBytes: body.length, body: segment }, nowMs)
      await this.#write(this.names.playlist, this.playlist() ?? '')
      await this.#remove(this.#forgotten.splice(0))
      this.#deps.written({ ...named, key: this.key, seq, durationMs, playlistFile: this.names.playlist })
    })
  }

  #forget({ sequence, body }: WindowSegment<SegmentFile>): void {
    this.#files.delete(body)
    // it stays, and is a file as any other
    if (!this.options.cleanup) return this.#deps.changed(body.file, undefined)
    this.#forgotten.push(body.file)
    const next = this.#window.get(sequence + 1)?.body
    if (body.keyFile !== undefined && body.keyFile !== next?.keyFile) this.#forgotten.push(body.keyFile)
  }

  async #write(file: string, content: Uint8Array | string): Promise<void> {
    await writeWhole(file, content)
    this.#deps.changed(file, content.length)
  }

  async #remove(files: Iterable<string>): Promise<void> {
    for (const file of files) {
      this.#deps.changed(file, undefined)
      await removeFiles([file])
    }
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

function withQuery(uri: string, query: string): string {
  if (query === '') return uri
  return uri.includes('?') ? `${uri}&${query.slice(1)}` : uri + query
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
