import { stat, unlink } from 'node:fs/promises'
import path from 'node:path'

import type { Spool } from './spool.ts'
import type { TakeEntry, TakeFolder, TakeInfo } from './take-folder.ts'

/** One entry of a log on its way. */
export interface Upload {
  /** As it is reported. */
  readonly entry: TakeEntry
  /** As the log has it. */
  readonly logged: TakeEntry
  /** Offset of the next entry. */
  readonly endBytes: number
  /** Name of what is to be in the storage before the entry is reported; undefined for nothing. */
  readonly object: string | undefined
  state: 'waiting' | 'busy' | 'done'
}

export interface TakeUploadsDeps {
  readonly folder: TakeFolder
  readonly spool: Spool
  /** Reports; resolves when the report can't be lost any more. */
  readonly report: (entry: TakeEntry) => Promise<void>
  /** There may be something to upload. */
  readonly onReady: () => void
  /** An entry has been reported, and its object's file removed. */
  readonly onReported: (entry: TakeEntry) => void
  readonly onFault: (error: unknown) => void
}

/** Entries held in memory, and how few are left when more are read. */
const WINDOW = 16
const REFILL = 8

/**
 * The way of one take's log to the storage and the control plane: objects are uploaded in any order, entries are reported in that of
 * the log. A few entries are in memory, the others stay in the log.
 */
export class TakeUploads {
  readonly folder: TakeFolder
  readonly #deps: TakeUploadsDeps
  #window: Upload[] = []
  #readBytes: number
  #work: Promise<void> | undefined
  #again = false
  #closed = false

  constructor(deps: TakeUploadsDeps) {
    this.#deps = deps
    this.folder = deps.folder
    this.#readBytes = deps.folder.cursorBytes
  }

  get info(): TakeInfo {
    return this.folder.info
  }

  /** What is to be uploaded next; undefined while there is nothing. */
  next(): Upload | undefined {
    return this.#window.find(({ state }) => state === 'waiting')
  }

  /** Wall time of the end of the oldest segment that waits; undefined without one. */
  get oldestEndMs(): number | undefined {
    const entry = this.#window.find((upload) => upload.entry.type === 'segment.stored')?.entry
    return entry?.type === 'segment.stored' ? endMs(entry) : undefined
  }

  /** The log has grown, or an upload has changed its state: goes on as far as it can. */
  advance(): void {
    this.#again = true
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined
      // it may have come after the last look
      if (this.#again && !this.#closed) this.advance()
    })
  }

  /** The object can't be stored, now or ever: its entry becomes one of a loss. */
  lose(upload: Upload, code: string): void {
    const { entry } = upload
    const at = this.#window.indexOf(upload)
    if (entry.type !== 'segment.stored' || at < 0) return
    const { take_id, segment, starts_at, duration_ms } = entry
    const lost = { type: 'segment.lost', take_id, segment, starts_at, duration_ms, code } as const
    this.#window[at] = { ...upload, entry: lost, state: 'done' }
  }

  /** Stops after what is being reported. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#work
    await this.folder.close()
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      try {
        await this.#fill()
        while (this.#window[0]?.state === 'done' && !this.#closed) {
          await this.#settle(this.#window[0])
          await this.#fill()
        }
      } catch (error) {
        this.#deps.onFault(error)
      }
      this.#deps.onReady()
    }
  }

  async #fill(): Promise<void> {
    if (this.#window.length > REFILL || this.#readBytes >= this.folder.log.sizeBytes) return
    for await (const { entry, endBytes } of this.folder.entries(this.#readBytes)) {
      const object = this.folder.objectOf(entry)
      this.#window.push({ entry, logged: entry, endBytes, object, state: object === undefined ? 'done' : 'waiting' })
      this.#readBytes = endBytes
      if (this.#window.length >= WINDOW) return
    }
  }

  async #settle({ entry, logged, endBytes, object }: Upload): Promise<void> {
    await this.#deps.report(entry)
    this.#window.shift()
    this.folder.settled(logged)
    try {
      // what fails here is told again after a restart, which does no harm
      await this.folder.advance(endBytes)
      if (object !== undefined) await this.#remove(path.join(this.folder.dir, object))
    } finally {
      this.#deps.onReported(entry)
    }
  }

  async #remove(file: string): Promise<void> {
    const { size } = await stat(file)
    await unlink(file)
    this.#deps.spool.removeFile(size)
  }
}

/** Wall time of a segment's end. */
export function endMs(entry: { starts_at: string; duration_ms: number }): number {
  return Date.parse(entry.starts_at) + entry.duration_ms
}
