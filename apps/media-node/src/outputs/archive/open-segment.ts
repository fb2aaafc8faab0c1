import { open, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

import { errorCode } from '@millrace/core'
import { z } from 'zod'

import { writeAll } from './append-log.ts'
import type { Spool } from './spool.ts'
import { removeFile, type TakeFolder } from './take-folder.ts'

/** What a segment begins with. */
export interface SegmentHead {
  readonly init: number
  /** Decoding time of its first frame, 90 kHz. */
  readonly start90k: number
  /** Wall time of its first frame, milliseconds since the epoch. */
  readonly startsAtMs: number
  readonly discontinuity: boolean
}

/** Some media of a segment that can be played without what comes after it. */
export interface Part {
  readonly chunks: readonly Uint8Array[]
  readonly sizeBytes: number
  readonly videoFrames: number
  readonly audioFrames: number
  /** Where it ends, from the segment's start. */
  readonly end90k: number
}

/** What of a segment is on disk. */
export interface Recorded {
  readonly bytes: number
  readonly end90k: number
  readonly videoFrames: number
  readonly audioFrames: number
}

export const NOTHING: Recorded = { bytes: 0, end90k: 0, videoFrames: 0, audioFrames: 0 }

/** First line of a part log. */
export const partLogHeadSchema = z.object({
  segment: z.int().min(0),
  init: z.int().min(0),
  start90k: z.number(),
  startsAtMs: z.int(),
  discontinuity: z.boolean(),
})

/** Each other line: what is there with this part, and the check sum of the part alone. */
export const partLineSchema = z.object({
  bytes: z.int().min(0),
  end90k: z.number().min(0),
  videoFrames: z.int().min(0),
  audioFrames: z.int().min(0),
  crc: z.int(),
})

/**
 * The segment that is being recorded: parts are appended to its file, and told of in the part log after that. The first part that
 * can't be written ends it; what is there until then remains good.
 */
export class OpenSegment {
  readonly segment: number
  readonly head: SegmentHead
  readonly #folder: TakeFolder
  readonly #spool: Spool
  #handle: FileHandle | undefined
  #recorded: Recorded = NOTHING
  #failure: string | undefined

  constructor(segment: number, head: SegmentHead, { folder, spool }: { folder: TakeFolder; spool: Spool }) {
    this.segment = segment
    this.head = head
    this.#folder = folder
    this.#spool = spool
  }

  get recorded(): Recorded {
    return this.#recorded
  }

  /** Code of the reason why the rest of it is not recorded. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Nothing more of it is to be recorded. */
  fail(code: string): void {
    this.#failure ??= code
  }

  async write(part: Part): Promise<void> {
    if (this.#failure !== undefined) return
    if (!this.#spool.grow(part.sizeBytes)) return this.fail('SPOOL_FULL')
    try {
      const handle = this.#handle ?? (await this.#begin())
      await writeAll(handle, part.chunks, this.#recorded.bytes)
      await this.#add(part)
    } catch (error) {
      this.#spool.grow(-part.sizeBytes)
      this.fail(errorCode(error))
    }
  }

  /** Lets go of the file; one that has nothing in it, or more than it should, is put right. */
  async close(): Promise<void> {
    const { bytes } = this.#recorded
    try {
      if (this.#failure !== undefined && bytes > 0) await this.#handle?.truncate(bytes)
    } finally {
      await this.#handle?.close()
    }
    if (this.#handle && bytes === 0) await removeFile(this.#folder.segmentFile(this.segment))
  }

  async #begin(): Promise<FileHandle> {
    const handle = await open(this.#folder.segmentFile(this.segment), 'w', 0o600)
    this.#handle = handle
    await this.#folder.partLog.reset()
    this.#folder.partLog.keep(JSON.stringify({ segment: this.segment, ...this.head }))
    return handle
  }

  async #add({ chunks, sizeBytes, videoFrames, audioFrames, end90k }: Part): Promise<void> {
    const before = this.#recorded
    const recorded = {
      bytes: before.bytes + sizeBytes,
      end90k,
      videoFrames: before.videoFrames + videoFrames,
      audioFrames: before.audioFrames + audioFrames,
    }
    const crc = chunks.reduce((sum, chunk) => crc32(chunk, sum), 0)
    await this.#folder.partLog.append(JSON.stringify({ ...recorded, crc }))
    this.#recorded = recorded
  }
}
