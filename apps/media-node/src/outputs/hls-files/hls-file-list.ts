import { SlidingWindow, writeMediaPlaylist, type Bandwidth, type SegmentKey, type WindowSegment } from '@millrace/hls'

import { removeFiles, writeWhole } from '../../io/file-queue.ts'
import type { HlsFilesOptions } from './options.ts'

/** What is kept of a segment that a file has. */
export interface SegmentFile {
  readonly file: string
  readonly uri: string
  readonly key: SegmentKey | undefined
  /** File of the key that it needs. */
  readonly keyFile: string | undefined
}

/** A segment to be written. */
export interface NewSegmentFile {
  readonly segment: SegmentFile
  readonly bytes: Uint8Array
  readonly durationMs: number
  readonly discontinuity: boolean
  /** The bytes of its key file, when that is not there yet. */
  readonly keyBytes: Uint8Array | undefined
}

export interface HlsFileListDeps {
  /** Absolute file name of the playlist. */
  readonly playlistFile: string
  readonly options: HlsFilesOptions
  readonly firstSequence: number
  /** What of the files changes: `undefined` bytes when one was removed. */
  readonly changed: (file: string, bytes: number | undefined) => void
}

const MAX_SEGMENTS = 100_000

/** The segments of one stream that have files, and their playlist. Each promise must be settled before the next call that gives one. */
export class HlsFileList {
  readonly playlistFile: string
  readonly #changed: HlsFileListDeps['changed']
  #options: HlsFilesOptions
  readonly #files = new Set<SegmentFile>()
  #window: SlidingWindow<SegmentFile>
  #forgotten: string[] = []

  constructor({ playlistFile, options, firstSequence, changed }: HlsFileListDeps) {
    this.playlistFile = playlistFile
    this.#changed = changed
    this.#options = options
    this.#window = this.#newWindow(firstSequence)
  }

  /** Goes on by other options. */
  configure(options: HlsFilesOptions): void {
    this.#options = options
    this.#window.configure(this.#bounds)
  }

  /** The playlist as it is now, with `query` (with its `?`, or empty) added to the URIs of segments; undefined while it is empty. */
  playlist(query = ''): string | undefined {
    const list = this.#window.playlist((sequence) => withQuery(this.#window.get(sequence)?.body.uri ?? '', query))
    if (list.segments.length === 0) return undefined
    const segments = list.segments.map((segment, i) => {
      const key = this.#window.get(list.mediaSequence + i)?.body.key
      return key ? { ...segment, key } : segment
    })
    return writeMediaPlaylist({ ...list, segments })
  }

  bandwidth(): Bandwidth {
    return this.#window.bandwidth()
  }

  /** Writes a segment and the playlist with it, and removes what nobody may ask for any more. @param nowMs monotonic */
  async add({ segment, bytes, durationMs, discontinuity, keyBytes }: NewSegmentFile, nowMs: number): Promise<void> {
    if (keyBytes && segment.keyFile !== undefined) await this.#write(segment.keyFile, keyBytes)
    await this.#write(segment.file, bytes)
    this.#files.add(segment)
    const times = { durationUs: Math.round(durationMs * 1000), wallMs: null, discontinuity }
    this.#window.add({ ...times, sizeBytes: bytes.length, body: segment }, nowMs)
    await this.#write(this.playlistFile, this.playlist() ?? '')
    await this.#remove(this.#forgotten.splice(0))
  }

  /** Removes all files. @param nextSequence number of the segment that comes next */
  async removeAll(nextSequence: number): Promise<void> {
    const files = new Set([this.playlistFile])
    for (const { file, keyFile } of this.#files)
      for (const each of [file, keyFile]) if (each !== undefined) files.add(each)
    this.#files.clear()
    this.#window = this.#newWindow(nextSequence)
    await this.#remove(files)
  }

  get #bounds(): Parameters<SlidingWindow<SegmentFile>['configure']>[0] {
    const { windowMs, segmentMs, targetRatio } = this.#options
    return {
      windowUs: windowMs * 1000,
      targetDurationS: Math.ceil((segmentMs * targetRatio) / 1000),
      onForgotten: (segment) => this.#forget(segment),
    }
  }

  #newWindow(firstSequence: number): SlidingWindow<SegmentFile> {
    const limits = { maxSegments: MAX_SEGMENTS, maxBytes: Infinity }
    return new SlidingWindow<SegmentFile>({ ...this.#bounds, ...limits, firstSequence })
  }

  #forget({ sequence, body }: WindowSegment<SegmentFile>): void {
    this.#files.delete(body)
    // it stays, and is a file as any other
    if (!this.#options.cleanup) return this.#changed(body.file, undefined)
    this.#forgotten.push(body.file)
    const next = this.#window.get(sequence + 1)?.body
    if (body.keyFile !== undefined && body.keyFile !== next?.keyFile) this.#forgotten.push(body.keyFile)
  }

  async #write(file: string, content: Uint8Array | string): Promise<void> {
    await writeWhole(file, content)
    this.#changed(file, content.length)
  }

  async #remove(files: Iterable<string>): Promise<void> {
    for (const file of files) {
      this.#changed(file, undefined)
      await removeFiles([file])
    }
  }
}

function withQuery(uri: string, query: string): string {
  if (query === '') return uri
  return uri.includes('?') ? `${uri}&${query.slice(1)}` : uri + query
}
