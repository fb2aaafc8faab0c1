import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { CodedError, errorMessage } from '@millrace/core'

/** Bytes that wait for the disk at most: a disk that is slower than its stream must not fill the memory. */
const MAX_PENDING_BYTES = 64 << 20

/** Files of one stream, written and removed one after the other. */
export class FileQueue {
  readonly #output: 'HLS' | 'DASH' | 'HDS'
  #tail: Promise<void> = Promise.resolve()
  #pendingBytes = 0

  /** @param output what error codes begin with */
  constructor(output: 'HLS' | 'DASH' | 'HDS') {
    this.#output = output
  }

  /**
   * Runs a task when those before it are done.
   *
   * @param bytes that it holds
   * @throws CodedError `HLS_DISK_SLOW`, `DASH_DISK_SLOW` or `HDS_DISK_SLOW` when too many wait already
   */
  add(bytes: number, task: () => Promise<void>, onError: (error: CodedError) => void): void {
    if (this.#pendingBytes + bytes > MAX_PENDING_BYTES) {
      throw new CodedError(`${this.#output}_DISK_SLOW`, `${this.#pendingBytes} bytes wait for the disk already`)
    }
    this.#pendingBytes += bytes
    this.#tail = this.#tail
      .then(task)
      .catch((error: unknown) => onError(new CodedError(`${this.#output}_DISK`, errorMessage(error), { cause: error })))
      .finally(() => void (this.#pendingBytes -= bytes))
  }

  /** Resolves when all that was added so far is done. */
  done(): Promise<void> {
    return this.#tail
  }
}

/** Writes a file so that who reads it finds all of it, or what was there before. */
export async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  const draft = `${file}.tmp`
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(draft, content)
  await rename(draft, file)
}

/** Removes files; those that are not there are none the worse. */
export async function removeFiles(files: Iterable<string>): Promise<void> {
  for (const file of files) await rm(file, { force: true })
}
