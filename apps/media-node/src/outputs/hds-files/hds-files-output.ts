import path from 'node:path'

import { CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'
import { createFlvPayloads, writeFlvTag } from '@millrace/flv'
import { writeFragment } from '@millrace/hds'
import type { Scheduler, StreamKey } from '@millrace/hub'
import type { Codec, FlvPayloads, Frame, StreamInfo, Track } from '@millrace/media'
import { Segmenter, type SegmentStart } from '@millrace/segmenter'

import type { FilesOutput } from '../../file-streams/file-streams.ts'
import { FileQueue } from '../../io/file-queue.ts'
import { streamVariables } from '../../variables.ts'
import { HdsFileList } from './hds-file-list.ts'
import type { HdsFilesOptions } from './options.ts'

export interface HdsFilesOutputDeps {
  readonly key: StreamKey
  readonly options: HdsFilesOptions
  readonly scheduler: Scheduler
  readonly logger: Logger
  /** What did this for the stream by other options, and does no more: numbers go on, and so does the list where it is the same file. */
  readonly before?: HdsFilesOutput | undefined
}

interface OpenFragment {
  readonly start: SegmentStart
  readonly frames: Frame[]
}

/** What Flash Player plays. */
const CARRIED: readonly Codec[] = ['h264', 'aac', 'mp3']
/** A stream of pictures without key frames is cut here, or at twice the length of a fragment. */
const MAX_PICTURES_MS = 120_000
/** Payload bytes of a fragment at most. */
const MAX_FRAGMENT_BYTES = 48 << 20

/**
 * One stream as HDS in files, over any number of publications, numbers going on.
 *
 * SRS: fragments begin with a key frame where there are pictures; SRS cuts anywhere. Bootstrap information counts the fragments from
 * the first that it lists, as players do; SRS counts all that there ever were. A manifest is there when there is something to play.
 */
export class HdsFilesOutput implements FilesOutput<HdsFilesOptions> {
  readonly options: HdsFilesOptions
  readonly disposal = undefined
  readonly #deps: HdsFilesOutputDeps
  readonly #segmenter: Segmenter
  readonly #payloads: FlvPayloads = createFlvPayloads()
  readonly #queue: FileQueue
  readonly #list: HdsFileList
  #open: OpenFragment | undefined
  /** What is done for one publication; nothing more once it could not be written. */
  #session = { stopped: false }
  /** Fragments before the next one were lost. */
  #owesDiscontinuity = false

  constructor(deps: HdsFilesOutputDeps) {
    const { options, key, before } = deps
    const { fragmentMs, windowMs, folder } = options
    this.#deps = deps
    this.options = options
    this.#queue = before ? before.#queue : new FileQueue('HDS')
    const { app = '', stream = '' } = streamVariables(key)
    const base = path.join(folder, app, stream)
    const list = before ? before.#list : undefined
    this.#list = list?.base === base ? list : new HdsFileList(base, windowMs, list)
    this.#list.configure(windowMs)
    this.#segmenter = new Segmenter(
      {
        open: (start) => void (this.#open = { start, frames: [] }),
        frame: (frame) => void this.#open?.frames.push(frame),
        close: ({ duration90k }) => this.#finish(duration90k / 90),
      },
      {
        targetMs: fragmentMs,
        firstTargetMs: Infinity,
        maxMs: Math.max(MAX_PICTURES_MS, 2 * fragmentMs),
        maxBytes: MAX_FRAGMENT_BYTES,
      },
    )
  }

  /** Another publication begins: one that HDS had been given up for was another. */
  begin(): void {
    this.#session = { stopped: false }
  }

  info({ tracks }: StreamInfo): void {
    const carried = tracks.filter(({ codec }) => CARRIED.includes(codec))
    const left = tracks.filter((track) => !carried.includes(track)).map(({ codec }) => codec)
    if (left.length > 0) this.#deps.logger.warn({ codecs: left }, 'HDS leaves out what its players cannot play')
    this.#segmenter.setTracks(carried)
  }

  frame(frame: Frame): void {
    // what time of the day it is stands nowhere in HDS
    if (!this.#session.stopped) this.#segmenter.push(frame, 0)
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

  #finish(durationMs: number): void {
    if (!this.#open) return
    const { start, frames } = this.#open
    this.#open = undefined
    const session = this.#session
    const tags = session.stopped ? undefined : this.#tags(start.tracks, frames)
    this.#owesDiscontinuity ||= start.discontinuity
    if (!tags) return void (this.#owesDiscontinuity = true)
    const discontinuity = this.#owesDiscontinuity
    this.#owesDiscontinuity = false
    const bytes = writeFragment(tags.bytes)
    const nowMs = this.#deps.scheduler.nowMs()
    try {
      this.#queue.add(
        bytes.length,
        async () => {
          if (!session.stopped) await this.#list.add({ bytes, startMs: tags.startMs, durationMs, discontinuity }, nowMs)
        },
        (error) => this.#fail(session, error),
      )
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      this.#fail(session, error)
    }
  }

  /** Sequence headers, at the time of the first frame, then all frames; undefined when FLV carries none of them. */
  #tags(tracks: readonly Track[], frames: readonly Frame[]): { bytes: Uint8Array[]; startMs: number } | undefined {
    const bodies = frames.flatMap((frame) => this.#payloads.body(frame) ?? [])
    const [first] = bodies
    if (!first) return undefined
    const headers = this.#payloads.sequenceHeaders({ tracks, metadata: null })
    const bytes = [
      ...headers.map(({ kind, body }) => writeFlvTag(kind, first.timestampMs, body)),
      ...bodies.map(({ kind, timestampMs, body }) => writeFlvTag(kind, timestampMs, body)),
    ]
    return { bytes, startMs: first.timestampMs }
  }

  /** As SRS: without HDS until the next publication. */
  #fail(session: { stopped: boolean }, error: CodedError): void {
    this.#owesDiscontinuity = true
    if (session.stopped) return
    session.stopped = true
    this.#deps.logger.error({ code: errorCode(error), error: errorMessage(error) }, 'HDS could not write')
  }
}
