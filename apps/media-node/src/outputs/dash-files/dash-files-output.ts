import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { concatBytes } from '@millrace/bytes'
import { CodedError, errorCode, errorMessage, rescale, type Logger } from '@millrace/core'
import { writeMpd } from '@millrace/dash'
import type { StreamKey } from '@millrace/hub'
import type { Frame, StreamInfo, Track } from '@millrace/media'
import { FragmentMuxer, mp4Carries, writeSegmentType } from '@millrace/mp4'
import { Segmenter, type SegmentStart } from '@millrace/segmenter'

import type { FilesOutput } from '../../file-streams/file-streams.ts'
import { FileQueue, removeFiles, writeWhole } from '../../io/file-queue.ts'
import { dashNames, type DashNames } from './dash-names.ts'
import { DashWindow, segmentName, type DashPiece } from './dash-window.ts'
import type { DashFilesOptions } from './options.ts'

export interface DashFilesOutputDeps {
  readonly key: StreamKey
  readonly options: DashFilesOptions
  /** Milliseconds since the epoch. */
  readonly wallNowMs: () => number
  readonly logger: Logger
  /**
   * What did this for the stream by other options, and does no more: numbers go on, and so does the manifest where it is the same file. Of
   * a stream that this node knows nothing of numbers follow from the clock.
   */
  readonly before?: DashFilesOutput | undefined
}

interface OpenSegment {
  readonly start: SegmentStart
  readonly frames: Frame[]
}

/** A segment of one track that has no number yet. */
interface Cut {
  readonly track: Track
  readonly init: Uint8Array
  readonly bytes: Uint8Array
  readonly startTicks: number
  readonly durationTicks: number
}

/** A stream of pictures without key frames is cut here, or at twice the length of a segment. */
const MAX_PICTURES_MS = 120_000
/** Payload bytes of a segment at most. */
const MAX_SEGMENT_BYTES = 48 << 20
const EPOCH = '1970-01-01T00:00:00Z'

/**
 * One stream as DASH in files, over any number of publications, numbers going on: each track by itself, cut at the same places.
 *
 * SRS: numbers are its count of segments since the epoch for the first segment only; each other one is the number before and one,
 * and a timeline tells when it is. SRS numbers all by the clock, and may skip one or write one twice.
 * SRS: a stream of sound or of pictures alone has a manifest, too.
 * SRS: another publication, and another configuration, is another period; what was before it can still be played.
 */
export class DashFilesOutput implements FilesOutput<DashFilesOptions> {
  readonly options: DashFilesOptions
  readonly disposal: FilesOutput<DashFilesOptions>['disposal']
  readonly #deps: DashFilesOutputDeps
  readonly #names: DashNames
  readonly #segmenter: Segmenter
  readonly #queue: FileQueue
  readonly #window: DashWindow
  /** Of each kind of track: number of the next segment, and the initialisation segment that was written last. */
  readonly #numbers: Map<Track['kind'], number>
  readonly #inits: Map<Track['kind'], { readonly name: string; readonly bytes: Uint8Array }>
  #muxers: readonly FragmentMuxer[] = []
  readonly #firstNumber: number
  #open: OpenSegment | undefined
  /** What is done for one publication; nothing more once it could not be written. */
  #session = { stopped: false }
  /** Segments before the next one were lost. */
  #owesPeriod = false

  constructor(deps: DashFilesOutputDeps) {
    const { options, key, wallNowMs, before } = deps
    this.#deps = deps
    this.options = options
    const { disposeMs } = options
    this.disposal = disposeMs > 0 ? { idleMs: disposeMs, run: () => this.#removeAll() } : undefined
    this.#names = dashNames(key, options)
    this.#queue = before ? before.#queue : new FileQueue('DASH')
    this.#numbers = before ? before.#numbers : new Map()
    this.#firstNumber = before ? before.#firstNumber : Math.floor(wallNowMs() / options.segmentMs) + 1
    const same = before && isDeepStrictEqual(before.#names, this.#names) ? before : undefined
    this.#inits = same ? same.#inits : new Map()
    this.#window = same ? same.#window : new DashWindow(options.windowMs)
    this.#window.configure(options.windowMs)
    this.#segmenter = new Segmenter(
      {
        open: (start) => this.#begin(start),
        frame: (frame) => void this.#open?.frames.push(frame),
        close: ({ duration90k }) => this.#finish(duration90k),
      },
      {
        targetMs: options.segmentMs,
        firstTargetMs: Infinity,
        maxMs: Math.max(MAX_PICTURES_MS, 2 * options.segmentMs),
        maxBytes: MAX_SEGMENT_BYTES,
      },
    )
  }

  /** Another publication begins: one that DASH had been given up for was another. */
  begin(): void {
    this.#session = { stopped: false }
  }

  info({ tracks }: StreamInfo): void {
    const carried = tracks.filter(mp4Carries)
    const left = tracks.filter((track) => !carried.includes(track)).map(({ codec }) => codec)
    if (left.length > 0) this.#deps.logger.warn({ codecs: left }, 'DASH leaves out what MP4 cannot carry')
    this.#segmenter.setTracks(carried)
  }

  frame(frame: Frame): void {
    if (!this.#session.stopped) this.#segmenter.push(frame, this.#deps.wallNowMs())
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

  #begin(start: SegmentStart): void {
    if (start.discontinuity) this.#muxers = start.tracks.map((track) => new FragmentMuxer([track]))
    this.#open = { start, frames: [] }
  }

  #finish(duration90k: number): void {
    if (!this.#open) return
    const { start, frames } = this.#open
    this.#open = undefined
    const session = this.#session
    if (session.stopped) return void (this.#owesPeriod = true)
    try {
      const cuts = this.#muxers.flatMap((muxer) => cutOf(muxer, frames, start.start90k + duration90k))
      const sizeBytes = cuts.reduce((sum, { bytes }) => sum + bytes.length, 0)
      this.#queue.add(
        sizeBytes,
        async () => {
          if (!session.stopped) await this.#write(start, cuts)
        },
        (error) => this.#fail(session, error),
      )
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      this.#fail(session, error)
    }
  }

  async #write({ discontinuity, wallMs, start90k }: SegmentStart, cuts: readonly Cut[]): Promise<void> {
    this.#owesPeriod ||= discontinuity
    if (cuts.length === 0) return
    const pieces: DashPiece[] = []
    for (const cut of cuts) pieces.push(await this.#writeCut(cut))
    this.#window.add(pieces, this.#owesPeriod, wallMs, start90k)
    this.#owesPeriod = false
    const gone = this.#window.expire()
    await writeWhole(this.#names.manifest, this.#manifest())
    if (this.options.cleanup) await removeFiles(gone.map((name) => path.join(this.#names.folder, name)))
  }

  /** Numbers go on. */
  #removeAll(): void {
    const remove = async (): Promise<void> => {
      const files = this.#window.clear().map((name) => path.join(this.#names.folder, name))
      this.#inits.clear()
      this.#owesPeriod = true
      await removeFiles([this.#names.manifest, ...files])
    }
    this.#queue.add(0, remove, (error) => this.#fail(this.#session, error))
  }

  async #writeCut({ track, init, bytes, startTicks, durationTicks }: Cut): Promise<DashPiece> {
    const { kind } = track
    const number = this.#numbers.get(kind) ?? this.#firstNumber
    const initName = await this.#initName(kind, init, number)
    await writeWhole(path.join(this.#names.folder, segmentName(kind, number)), bytes)
    this.#numbers.set(kind, number + 1)
    return { track, initName, segment: { number, startTicks, durationTicks, sizeBytes: bytes.length } }
  }

  /**
   * The name of an initialisation segment that is there.
   *
   * SRS: one of another configuration has a name of its own, so that players find the one that goes with what they play.
   */
  async #initName(kind: Track['kind'], bytes: Uint8Array, number: number): Promise<string> {
    const last = this.#inits.get(kind)
    if (last && Buffer.compare(last.bytes, bytes) === 0) return last.name
    const name = last ? `${kind}-init-${number}.mp4` : `${kind}-init.mp4`
    await writeWhole(path.join(this.#names.folder, name), bytes)
    this.#inits.set(kind, { name, bytes })
    return name
  }

  /**
   * SRS: it is written with each segment, and players ask for it at least as often: they know of no segment that it does not list.
   */
  #manifest(): string {
    const { segmentMs, updateMs, windowMs } = this.options
    return writeMpd({
      availabilityStart: EPOCH,
      published: new Date(this.#deps.wallNowMs()).toISOString(),
      minimumUpdatePeriodMs: Math.min(updateMs, segmentMs),
      timeShiftBufferDepthMs: windowMs,
      maxSegmentDurationMs: Math.max(segmentMs, this.#window.longestMs),
      minBufferTimeMs: segmentMs,
      baseUrl: this.#names.baseUrl,
      periods: this.#window.periods(),
    })
  }

  /** As SRS: without DASH until the next publication. */
  #fail(session: { stopped: boolean }, error: CodedError): void {
    this.#owesPeriod = true
    if (session.stopped) return
    session.stopped = true
    this.#deps.logger.error({ code: errorCode(error), error: errorMessage(error) }, 'DASH could not write')
  }
}

/** What of a segment is one track's; none when it has no frame. @param end90k where the next segment begins */
function cutOf(muxer: FragmentMuxer, all: readonly Frame[], end90k: number): Cut[] {
  const [track] = muxer.tracks
  const frames = all.filter((frame) => frame.track.id === track?.id)
  const [first] = frames
  if (!track || !first) return []
  const endTicks = rescale(end90k, 90_000, track.timescale)
  const next = track.kind === 'video' ? new Map([[track.id, endTicks]]) : undefined
  const bytes = concatBytes([writeSegmentType(), ...muxer.fragmentChunks(frames, next)])
  const startTicks = Math.max(
    0,
    frames.reduce((least, { ptsTicks }) => Math.min(least, ptsTicks), Infinity),
  )
  const lastTicks = frames.at(-1)?.dtsTicks ?? 0
  const steps = frames.length - 1
  // sound of equal frames; pictures until those of the next segment
  const stepTicks = steps > 0 ? Math.round((lastTicks - first.dtsTicks) / steps) : endTicks - first.dtsTicks
  const durationTicks = track.kind === 'audio' ? lastTicks + stepTicks - startTicks : endTicks - first.dtsTicks
  return [{ track, init: muxer.initSegment(), bytes, startTicks, durationTicks: Math.max(1, durationTicks) }]
}
