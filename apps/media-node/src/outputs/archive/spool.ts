import { readdir } from 'node:fs/promises'
import path from 'node:path'

import { ifMissing } from './append-log.ts'

export interface SpoolOptions {
  /** Has one folder for each take. */
  readonly dir: string
  /** Segments that wait take no more than this, but for those that are open when it is reached. */
  readonly maxBytes: number
  /** Media on its way to a disk that is slow, of all streams together, default 64 MiB. */
  readonly maxQueuedBytes?: number
}

/** What a file takes beside its bytes: half a block, an inode, its lines in logs. */
const FILE_BYTES = 4096

/** The folder of what is recorded and not yet stored, and how much that is. */
export class Spool {
  readonly dir: string
  readonly #maxBytes: number
  readonly #maxQueuedBytes: number
  #usedBytes = 0
  #queuedBytes = 0

  constructor({ dir, maxBytes, maxQueuedBytes = 64 << 20 }: SpoolOptions) {
    this.dir = dir
    this.#maxBytes = maxBytes
    this.#maxQueuedBytes = maxQueuedBytes
  }

  /** Bytes of all segments that are here, the open ones too. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Whether no segment may be begun. */
  get full(): boolean {
    return this.#usedBytes + FILE_BYTES > this.#maxBytes
  }

  /** Counts a file of so many bytes. */
  addFile(bytes = 0): void {
    this.#usedBytes += FILE_BYTES + bytes
  }

  /** Counts what is added to a file; false, and nothing, when there is no room for it. */
  grow(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.#maxBytes) return false
    this.#usedBytes += bytes
    return true
  }

  /** A file that was counted has gone. */
  removeFile(bytes: number): void {
    this.#usedBytes -= FILE_BYTES + bytes
  }

  /** Asks to hold media in memory until it is written; false when too much is held already. */
  queue(bytes: number): boolean {
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#maxQueuedBytes) return false
    this.#queuedBytes += bytes
    return true
  }

  /** What was queued is written. */
  dequeue(bytes: number): void {
    this.#queuedBytes -= bytes
  }

  folderOf(takeId: string): string {
    return path.join(this.dir, takeId)
  }

  /** Ids of the takes that have a folder, oldest first. */
  async takeIds(): Promise<string[]> {
    const entries = await readdir(this.dir, { withFileTypes: true }).catch(ifMissing(() => []))
    return entries
      .filter((entry) => entry.isDirectory() && entry.name.startsWith('tak_'))
      .map(({ name }) => name)
      .sort()
  }
}
