import { access, mkdir, open, rename, type FileHandle } from 'node:fs/promises'
import path from 'node:path'

import { CodedError } from '@millrace/core'
import type { Scheduler } from '@millrace/hub'
import type { AppendMuxer, Frame } from '@millrace/media'

import { substitute } from '../../variables.ts'

/** Bytes that are written at once, without waiting for more. */
const BATCH_BYTES = 256 << 10
/** How long bytes wait to be written with others: a node that is killed loses no more. */
const BATCH_MS = 500
/** Bytes that may wait for a slow disk. */
const MAX_WAITING_BYTES = 64 << 20

/** A file that is complete. */
export interface FinishedFile {
  /** Absolute. */
  readonly path: string
  readonly durationMs: number
  readonly sizeBytes: number
}

export interface DvrFileDeps {
  readonly scheduler: Scheduler
  /** Takes the path of a file that is to be written, unless another is writing it. */
  readonly claim: (file: string) => boolean
  readonly release: (file: string) => void
  /** Resolves when the file may be begun: as the one before is complete, which may have had the same path. */
  readonly after: Promise<unknown>
  /** The file can't go on: last call. */
  readonly onFailed: (error: unknown) => void
}

/**
 * One file that grows: `PATH.tmp` while it does, `PATH` once it is complete. A `.tmp` that was left behind can be played; one of an
 * older run goes out of the way, to `PATH.TIME.tmp`. `[duration]` in the path becomes the duration in milliseconds.
 */
export class DvrFile {
  readonly #path: string
  readonly #muxer: AppendMuxer
  readonly #deps: DvrFileDeps
  #handle: FileHandle | undefined
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #sizeBytes = 0
  #cancelTimer: (() => void) | undefined
  #work: Promise<void>
  #claimed = false
  #failed = false

  /** @param path absolute, of the complete file */
  constructor(path: string, muxer: AppendMuxer, deps: DvrFileDeps) {
    this.#path = path
    this.#muxer = muxer
    this.#deps = deps
    this.#work = deps.after.then(() => this.#guard(() => this.#open()))
  }

  get durationMs(): number {
    return this.#muxer.durationMs
  }

  /** Throws FormatError when the frame doesn't fit into the file. */
  begin(): void {
    this.#append(this.#muxer.head())
  }

  /** Throws FormatError when the frame doesn't fit into the file. */
  write(frame: Frame): void {
    this.#append(this.#muxer.encode(frame))
  }

  /** Completes the file. Undefined when it has failed, now or before, which `onFailed` was told. */
  async finish(): Promise<FinishedFile | undefined> {
    let finished: FinishedFile | undefined
    await this.#next(async () => {
      const { tail, patch } = this.#muxer.end()
      this.#append(tail)
      await this.#flush()
      await this.#handle!.write(patch.bytes, 0, patch.bytes.length, patch.offset)
      await this.#handle!.close()
      this.#handle = undefined
      const { durationMs } = this.#muxer
      const target = substitute(this.#path, { duration: String(Math.round(durationMs)) })
      await refuseExisting(target)
      await rename(temporary(this.#path), target)
      await this.#close()
      finished = { path: target, durationMs, sizeBytes: this.#sizeBytes }
    })
    return finished
  }

  /** Leaves the file as it is. */
  async abandon(): Promise<void> {
    this.#failed = true
    await this.#work
    await this.#close()
  }

  async #open(): Promise<void> {
    this.#claimed = this.#deps.claim(this.#path)
    if (!this.#claimed) throw new CodedError('DVR_FILE_BUSY', `another recording writes ${this.#path}`)
    this.#handle = await openTemporary(this.#path)
  }

  #append(bytes: Uint8Array): void {
    if (this.#failed || bytes.length === 0) return
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      return this.#fail(new CodedError('DVR_DISK_SLOW', 'the disk takes less than the stream has'))
    }
    if (this.#waitingBytes >= BATCH_BYTES) return this.#write()
    this.#cancelTimer ??= this.#deps.scheduler.after(BATCH_MS, () => this.#write())
  }

  #write(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    void this.#next(() => this.#flush())
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    // at the place where the file ends, over several writes if it must be
    if (bytes.length > 0) await this.#handle!.appendFile(bytes)
    this.#sizeBytes += bytes.length
  }

  #next(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(() => this.#guard(task))
    return this.#work
  }

  async #guard(task: () => Promise<void>): Promise<void> {
    if (this.#failed) return
    try {
      await task()
    } catch (error) {
      this.#fail(error)
      await this.#close()
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#deps.onFailed(error)
  }

  async #close(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#waiting = []
    const handle = this.#handle
    this.#handle = undefined
    // what could not be written is told already
    await handle?.close().catch(() => {})
    if (this.#claimed) this.#deps.release(this.#path)
    this.#claimed = false
  }
}

const temporary = (file: string): string => `${file}.tmp`

async function openTemporary(file: string): Promise<FileHandle> {
  await mkdir(path.dirname(file), { recursive: true })
  await refuseExisting(file)
  try {
    return await open(temporary(file), 'wx', 0o644)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    await rename(temporary(file), `${file}.${Date.now()}.tmp`)
    return open(temporary(file), 'wx', 0o644)
  }
}

/** @see SRS: 3082, a file that is there is never appended to or replaced */
async function refuseExisting(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (exists) throw new CodedError('DVR_FILE_EXISTS', `there is a file ${file} already`)
}
