import { open, type FileHandle } from 'node:fs/promises'

import { CodedError } from '@millrace/core'

/** Bytes read at a time. */
const CHUNK_BYTES = 64 << 10
/** No line that is written here is as long; more of it is no line. */
const MAX_LINE_BYTES = 64 << 10

/** A line and the offset of what follows it. */
export interface LogLine {
  readonly text: string
  readonly endBytes: number
}

/**
 * A file of lines. What could not be written, to a full disk for example, is kept and goes with the next line; each write is made
 * where the last complete one ended, so that one that failed half way leaves no trace.
 */
export class AppendLog {
  readonly #path: string
  #handle: FileHandle | undefined
  #sizeBytes = 0
  #unwritten: string[] = []
  #writes: Promise<void> = Promise.resolve()
  #closed = false

  /** The file is made with the first line. */
  constructor(path: string) {
    this.#path = path
  }

  /** Goes on with a file that is there: what a crash left of a line at its end is cut off. A missing file is an empty one. */
  static async recover(path: string): Promise<AppendLog> {
    const log = new AppendLog(path)
    const handle = await open(path, 'r+').catch(ifMissing(() => undefined))
    if (!handle) return log
    log.#handle = handle
    try {
      const { size } = await handle.stat()
      log.#sizeBytes = await lastLineEnd(handle, size)
      await handle.truncate(log.#sizeBytes)
      return log
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /** Bytes of complete lines. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Appends a line; resolves when it is written, with all before it. */
  append(line: string): Promise<void> {
    this.keep(line)
    return this.flush()
  }

  /** Appends a line together with the next one. */
  keep(line: string): void {
    this.#unwritten.push(`${line}\n`)
  }

  /** Writes what could not be written before. */
  flush(): Promise<void> {
    return this.#queue(() => this.#write())
  }

  /** Empties the file. */
  reset(): Promise<void> {
    this.#unwritten = []
    return this.#queue(async () => {
      this.#sizeBytes = 0
      await this.#handle?.truncate(0)
    })
  }

  /** The lines from `fromBytes` on that are complete now. */
  async *lines(fromBytes: number): AsyncGenerator<LogLine> {
    if (this.#handle) yield* readLines(this.#handle, fromBytes, this.#sizeBytes)
  }

  /** Lets go of the file; what is appended after this is not written. */
  async close(): Promise<void> {
    await this.#writes
    this.#closed = true
    await this.#handle?.close()
    this.#handle = undefined
  }

  async #write(): Promise<void> {
    if (this.#unwritten.length === 0) return
    if (this.#closed) throw new CodedError('SPOOL_CLOSED', 'the log is closed')
    const lines = this.#unwritten
    this.#unwritten = []
    try {
      this.#handle ??= await open(this.#path, 'w+', 0o600)
      this.#sizeBytes += await writeAll(this.#handle, [Buffer.from(lines.join(''))], this.#sizeBytes)
    } catch (error) {
      this.#unwritten = [...lines, ...this.#unwritten]
      throw error
    }
  }

  #queue(task: () => Promise<void>): Promise<void> {
    const done = this.#writes.then(task)
    this.#writes = done.catch(() => {})
    return done
  }
}

/** Writes all bytes of the chunks at `positionBytes`; returns how many those are. */
export async function writeAll(
  handle: FileHandle,
  chunks: readonly Uint8Array[],
  positionBytes: number,
): Promise<number> {
  let left = chunks
  let written = 0
  while (left.length > 0) {
    const { bytesWritten } = await handle.writev(left, positionBytes + written)
    written += bytesWritten
    left = bytesWritten === sizeOf(left) ? [] : without(left, bytesWritten)
  }
  return written
}

/** For `catch`: answers a missing file, and throws anything else. */
export function ifMissing<T>(answer: () => T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return answer()
    throw error
  }
}

const sizeOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0)

function without(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes
  return chunks.flatMap((chunk) => {
    const cut = Math.min(skip, chunk.length)
    skip -= cut
    return cut === chunk.length ? [] : [chunk.subarray(cut)]
  })
}

async function lastLineEnd(handle: FileHandle, sizeBytes: number): Promise<number> {
  const buffer = Buffer.alloc(CHUNK_BYTES)
  for (let endBytes = sizeBytes; endBytes > 0;) {
    const fromBytes = Math.max(0, endBytes - CHUNK_BYTES)
    const { bytesRead } = await handle.read(buffer, 0, endBytes - fromBytes, fromBytes)
    const at = buffer.subarray(0, bytesRead).lastIndexOf(0x0a)
    if (at >= 0) return fromBytes + at + 1
    endBytes = fromBytes
  }
  return 0
}

async function* readLines(handle: FileHandle, fromBytes: number, toBytes: number): AsyncGenerator<LogLine> {
  const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(0, toBytes - fromBytes)))
  let rest = Buffer.alloc(0)
  for (let at = fromBytes; at < toBytes;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, toBytes - at), at)
    if (bytesRead === 0) return
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    let lineStart = 0
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, lineStart)) {
      yield { text: bytes.toString('utf8', lineStart, end), endBytes: at - rest.length + end + 1 }
      lineStart = end + 1
    }
    at += bytesRead
    rest = bytes.subarray(lineStart)
    if (rest.length > MAX_LINE_BYTES) rest = Buffer.alloc(0)
  }
}
