import { mkdir, open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises'
import path from 'node:path'

import {
  archiveFormatSchema,
  initName,
  nodeReportSchema,
  segmentName,
  type ArchiveFormat,
  type ArchiveReport,
} from '@millrace/contracts'
import { errorCode } from '@millrace/core'
import { z } from 'zod'

import { AppendLog, ifMissing } from './append-log.ts'

type WithoutBookkeeping<T> = T extends unknown ? Omit<T, 'seq' | 'at' | 'traceparent'> : never
/** A line of a take's log: the report to make when what it tells of is in the storage. */
export type TakeEntry = WithoutBookkeeping<ArchiveReport>

/** An entry and the offset of the next one. */
export interface LoggedEntry {
  readonly entry: TakeEntry
  readonly endBytes: number
}

const takeInfoSchema = z.object({
  takeId: z.string(),
  streamId: z.string(),
  sessionId: z.string(),
  storageId: z.string(),
  epoch: z.int().min(1).nullable(),
  format: archiveFormatSchema,
  /** How much a live playlist lists; null without one. */
  liveWindowS: z.int().min(1).nullable(),
  /** How long after its end the stream may go on with another take. */
  reconnectWindowMs: z.int().min(0),
})
/** What a take is. */
export interface TakeInfo {
  readonly takeId: string
  readonly streamId: string
  readonly sessionId: string
  readonly storageId: string
  readonly epoch: number | null
  readonly format: ArchiveFormat
  readonly liveWindowS: number | null
  readonly reconnectWindowMs: number
}

/** Segments that wait. */
export interface Backlog {
  readonly segments: number
  readonly bytes: number
}

const TAKE_FILE = 'take.json'
/** The cursor's file is always as long, so that a write of it replaces the one before in one go. */
const CURSOR_DIGITS = 16

/**
 * One take on disk:
 *
 *     take.json       what it is
 *     log.ndjson      the reports to make, in order; those up to the offset in `cursor` are made
 *     cursor
 *     init-0.mp4 …    0.m4s …      what waits to be uploaded
 *     open.ndjson     the open segment's parts, so that it can be closed after a crash
 */
export class TakeFolder {
  readonly dir: string
  readonly info: TakeInfo
  readonly log: AppendLog
  readonly partLog: AppendLog
  #cursor: FileHandle | undefined
  #cursorBytes: number
  #backlog: Backlog = { segments: 0, bytes: 0 }

  private constructor(dir: string, info: TakeInfo, logs: { log: AppendLog; partLog: AppendLog; cursorBytes: number }) {
    this.dir = dir
    this.info = info
    this.log = logs.log
    this.partLog = logs.partLog
    this.#cursorBytes = logs.cursorBytes
  }

  /** A new take; nothing is on the disk before `make`. */
  static fresh(dir: string, info: TakeInfo): TakeFolder {
    const log = new AppendLog(path.join(dir, 'log.ndjson'))
    return new TakeFolder(dir, info, { log, partLog: new AppendLog(path.join(dir, 'open.ndjson')), cursorBytes: 0 })
  }

  /** One that is there; undefined when it can't be told what it is, which means that nothing was recorded yet. */
  static async found(dir: string): Promise<TakeFolder | undefined> {
    const info = takeInfoSchema.safeParse(
      parseJson(await readFile(path.join(dir, TAKE_FILE), 'utf8').catch(ifMissing(() => ''))),
    )
    if (!info.success) return undefined
    const log = await AppendLog.recover(path.join(dir, 'log.ndjson'))
    const partLog = await AppendLog.recover(path.join(dir, 'open.ndjson'))
    const cursor = Number(await readFile(path.join(dir, 'cursor'), 'utf8').catch(ifMissing(() => '0')))
    // a cursor behind the log's end is of a disk that lost power
    const cursorBytes = Number.isSafeInteger(cursor) ? Math.min(cursor, log.sizeBytes) : 0
    return new TakeFolder(dir, info.data, { log, partLog, cursorBytes })
  }

  /** Where the reports begin that are still to be made. */
  get cursorBytes(): number {
    return this.#cursorBytes
  }

  /** What is recorded and not yet reported. */
  get backlog(): Backlog {
    return this.#backlog
  }

  /** Counts an entry, which waits from now on. */
  waits(entry: TakeEntry): void {
    this.#backlog = changed(this.#backlog, entry, 1)
  }

  /** It waits no more. */
  settled(entry: TakeEntry): void {
    this.#backlog = changed(this.#backlog, entry, -1)
  }

  /** Makes the folder. */
  async make(): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 })
    // there from the beginning, so that a full disk can't keep it from being moved
    await writeFile(path.join(this.dir, 'cursor'), cursorText(0), { mode: 0o600 })
    const file = path.join(this.dir, TAKE_FILE)
    await writeFile(`${file}.new`, JSON.stringify(this.info), { mode: 0o600 })
    await rename(`${file}.new`, file)
  }

  /** Appends to the log; resolves when it is written, with all before it. */
  append(entry: TakeEntry): Promise<void> {
    return this.log.append(JSON.stringify(entry))
  }

  /** The entries from an offset on. */
  async *entries(fromBytes: number): AsyncGenerator<LoggedEntry> {
    for await (const { text, endBytes } of this.log.lines(fromBytes)) {
      const entry = parseEntry(text)
      if (entry) yield { entry, endBytes }
    }
  }

  /** The reports up to here are made. */
  async advance(cursorBytes: number): Promise<void> {
    this.#cursorBytes = cursorBytes
    this.#cursor ??= await open(path.join(this.dir, 'cursor'), 'r+')
    await this.#cursor.write(cursorText(cursorBytes), 0)
  }

  /** The name of what an entry tells of, in the storage as on disk. */
  objectOf(entry: TakeEntry): string | undefined {
    if (entry.type === 'segment.stored') return segmentName(entry.segment, this.info.format)
    if (entry.type === 'take.tracks' && this.info.format === 'fmp4') return initName(entry.init)
    return undefined
  }

  segmentFile(segment: number): string {
    return path.join(this.dir, segmentName(segment, this.info.format))
  }

  /** Lets go of the files. */
  async close(): Promise<void> {
    await Promise.all([this.log.close(), this.partLog.close(), this.#cursor?.close()])
    this.#cursor = undefined
  }

  /** Removes all that is on disk. */
  async remove(): Promise<void> {
    await this.close()
    // first, so that what a crash leaves of the rest is known to be nothing
    await rm(path.join(this.dir, TAKE_FILE), { force: true })
    await rm(this.dir, { recursive: true, force: true })
  }
}

const cursorText = (cursorBytes: number): string => String(cursorBytes).padStart(CURSOR_DIGITS, '0')

function changed({ segments, bytes }: Backlog, entry: TakeEntry, by: 1 | -1): Backlog {
  if (!('segment' in entry)) return { segments, bytes }
  const size = entry.type === 'segment.stored' ? entry.bytes : 0
  return { segments: segments + by, bytes: bytes + by * size }
}

/** Removes a file; true unless it was not there. */
export async function removeFile(file: string): Promise<boolean> {
  try {
    await rm(file)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}

function parseEntry(text: string): TakeEntry | undefined {
  const fields = parseJson(text)
  if (typeof fields !== 'object' || fields === null) return undefined
  const parsed = nodeReportSchema.safeParse({ ...fields, seq: 1, at: '1970-01-01T00:00:00Z' })
  if (!parsed.success || !('take_id' in parsed.data)) return undefined
  const { seq: _seq, at: _at, ...entry } = parsed.data
  return entry
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
