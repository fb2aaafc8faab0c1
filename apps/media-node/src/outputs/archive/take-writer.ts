import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { initName, type TrackInfo } from '@millrace/contracts'
import { backoffMs, errorCode, errorMessage, type Logger } from '@millrace/core'

import { OpenSegment, type Part, type Recorded, type SegmentHead } from './open-segment.ts'
import type { Spool } from './spool.ts'
import type { TakeEntry, TakeFolder, TakeInfo } from './take-folder.ts'

export interface TakeWriterDeps {
  readonly folder: TakeFolder
  readonly spool: Spool
  /** The log has grown. */
  readonly onLogged: () => void
  readonly logger: Logger
}

/**
 * Writes a take to the spool, one thing after the other, while its callers go on at once. A fault of the disk costs segments, which
 * are told as lost, and never more: the log catches up when there is room again.
 */
export class TakeWriter {
  readonly #deps: TakeWriterDeps
  readonly #closing = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  #tasks: Promise<void> = Promise.resolve()
  #made = false
  #open: OpenSegment | undefined
  #nextSegment = 0
  #healthy = true

  constructor(deps: TakeWriterDeps) {
    this.#deps = deps
    this.#later(() => this.#log(openedEntry(deps.folder.info)))
  }

  /** Resolves when all of the take is on disk. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** The segments to come have these tracks; `bytes` is their init segment, null for a format without. */
  tracks(init: number, tracks: TrackInfo[], bytes: Uint8Array | null): void {
    this.#later(async () => {
      const { folder, spool } = this.#deps
      if (bytes) {
        // small, and what comes after it is of no use without: not counted against the bound beforehand
        await this.#retried(async () => {
          await this.#make()
          await writeFile(path.join(folder.dir, initName(init)), bytes, { mode: 0o600 })
        })
        spool.addFile(bytes.length)
      }
      await this.#log({ type: 'take.tracks', take_id: folder.info.takeId, init, tracks })
    })
  }

  /** Begins a segment. */
  open(head: SegmentHead): void {
    this.#later(() => {
      const { spool } = this.#deps
      this.#open = new OpenSegment(this.#nextSegment, head, this.#deps)
      if (spool.full) this.#open.fail('SPOOL_FULL')
      spool.addFile()
      return Promise.resolve()
    })
  }

  /** Adds to the segment; the chunks must not change until they are written. */
  part(part: Part): void {
    const { spool } = this.#deps
    const queued = spool.queue(part.sizeBytes)
    this.#later(async () => {
      if (queued) await this.#open?.write(part).finally(() => spool.dequeue(part.sizeBytes))
      else this.#open?.fail('SPOOL_SLOW')
    })
  }

  /** Ends the segment. */
  close(duration90k: number): void {
    this.#later(async () => {
      const open = this.#open
      if (!open) return
      this.#open = undefined
      await open.close()
      for (const entry of segmentEntries(this.#deps.folder.info.takeId, open, duration90k)) {
        this.#nextSegment++
        this.#deps.folder.waits(entry)
        await this.#log(entry)
      }
      if (open.recorded.bytes === 0) this.#deps.spool.removeFile(0)
    })
  }

  /** No more comes: writes what is to be written. A disk that is full is waited for until `abandon`. */
  end(): void {
    this.#later(async () => {
      // a fault may have left it open
      await this.#open?.close()
      await this.#log({
        type: 'take.closed',
        take_id: this.#deps.folder.info.takeId,
        segments: this.#nextSegment,
      })
      await this.#retried(() => this.#flush())
      this.#deps.onLogged()
    })
    this.#ended.resolve(this.#tasks)
  }

  /** Waits for nothing any more. */
  abandon(): void {
    this.#closing.abort()
  }

  async #log(entry: TakeEntry): Promise<void> {
    try {
      const written = this.#deps.folder.log
      await this.#make().then(
        () => this.#deps.folder.append(entry),
        (error: unknown) => {
          // kept with what else could not be written
          written.append(JSON.stringify(entry)).catch(() => {})
          throw error
        },
      )
      this.#isHealthy(null)
      this.#deps.onLogged()
    } catch (error) {
      this.#isHealthy(error)
    }
  }

  async #flush(): Promise<void> {
    await this.#make()
    await this.#deps.folder.log.flush()
  }

  async #make(): Promise<void> {
    if (this.#made) return
    await this.#deps.folder.make()
    this.#made = true
  }

  /** Tries again until it works, or nobody waits any more. */
  async #retried(task: () => Promise<void>): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await task()
        return this.#isHealthy(null)
      } catch (error) {
        this.#isHealthy(error)
        await delay(backoffMs(failures), undefined, { signal, ref: false }).catch(() => {})
      }
    }
  }

  /** Tells of changes only. */
  #isHealthy(error: unknown): void {
    const healthy = error === null
    if (healthy === this.#healthy) return
    this.#healthy = healthy
    if (healthy) this.#deps.logger.info({}, 'the spool can be written again')
    else
      this.#deps.logger.error(
        { code: errorCode(error), error: errorMessage(error) },
        'the archive loses segments: the spool cannot be written',
      )
  }

  #later(task: () => Promise<void>): void {
    this.#tasks = this.#tasks.then(task).catch((error: unknown) => this.#isHealthy(error))
  }
}

/** What became of a segment: stored as far as it was recorded, and lost from there on. */
function* segmentEntries(takeId: string, open: OpenSegment, duration90k: number): Generator<TakeEntry> {
  const { segment, head, recorded, failure } = open
  const end90k = failure === undefined ? duration90k : recorded.end90k
  if (recorded.bytes > 0) yield storedEntry(takeId, segment, head, { ...recorded, end90k })
  if (failure === undefined) return
  const lostMs = spanMs(head.start90k, end90k, duration90k)
  if (recorded.bytes > 0 && lostMs <= 0) return
  yield {
    type: 'segment.lost',
    take_id: takeId,
    segment: recorded.bytes > 0 ? segment + 1 : segment,
    starts_at: new Date(head.startsAtMs + spanMs(head.start90k, 0, end90k)).toISOString(),
    duration_ms: Math.max(0, lostMs),
    code: failure,
  }
}

/** The first entry of a take. */
export function openedEntry({ takeId, sessionId, streamId, storageId, format, epoch }: TakeInfo): TakeEntry {
  return {
    type: 'take.opened',
    take_id: takeId,
    session_id: sessionId,
    stream_id: streamId,
    storage_id: storageId,
    format,
    epoch,
  }
}

/** The entry of a segment that is on disk. */
export function storedEntry(takeId: string, segment: number, head: SegmentHead, recorded: Recorded): TakeEntry {
  return {
    type: 'segment.stored',
    take_id: takeId,
    segment,
    init: head.init,
    starts_at: new Date(head.startsAtMs).toISOString(),
    duration_ms: spanMs(head.start90k, 0, recorded.end90k),
    bytes: recorded.bytes,
    video_frames: recorded.videoFrames,
    audio_frames: recorded.audioFrames,
    discontinuity: head.discontinuity,
  }
}

/** Whole milliseconds between two times of a segment; those of segments that follow one another add up to the whole. */
function spanMs(start90k: number, from90k: number, to90k: number): number {
  return Math.round((start90k + to90k) / 90) - Math.round((start90k + from90k) / 90)
}
