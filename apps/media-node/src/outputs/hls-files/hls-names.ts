import path from 'node:path'

import type { StreamKey } from '@millrace/hub'

import { streamVariables, substitute, timeVariables } from '../../variables.ts'
import type { HlsFilesOptions } from './options.ts'

/** File and URI of something that a playlist names. */
export interface NamedFile {
  /** Absolute. */
  readonly file: string
  readonly uri: string
}

/** What the name of a segment tells. */
export interface SegmentFacts {
  readonly seq: number
  /** When it was begun. */
  readonly wallMs: number
  readonly durationMs: number
  /** The count that `[timestamp]` is instead of the time; undefined for the time. */
  readonly floor: number | undefined
}

/** Names of the files of one stream, and their URIs in its playlist. */
export class HlsNames {
  /** Absolute file name of the playlist. */
  readonly playlist: string
  readonly #options: HlsFilesOptions
  readonly #stream: ReturnType<typeof streamVariables>
  /** Of the playlist, below the folder. */
  readonly #playlistName: string

  constructor(key: StreamKey, options: HlsFilesOptions) {
    this.#options = options
    this.#stream = streamVariables(key)
    this.#playlistName = substitute(options.playlistFile, this.#stream)
    this.playlist = path.join(options.folder, this.#playlistName)
  }

  segment({ seq, wallMs, durationMs, floor }: SegmentFacts): NamedFile {
    const { folder, segmentFile, utc } = this.#options
    const facts = { seq: String(seq), duration: String(Math.round(durationMs)) }
    const times = timeVariables(wallMs, utc)
    const timestamp = floor === undefined ? times : { ...times, timestamp: String(floor) }
    const file = path.join(folder, substitute(segmentFile, { ...this.#stream, ...timestamp, ...facts }))
    return { file, uri: this.#prefix() + this.#relative(file) }
  }

  /** @param seq number of the first segment that the key is for */
  key(seq: number, keys: NonNullable<HlsFilesOptions['keys']>): NamedFile {
    const name = substitute(keys.file, { ...this.#stream, seq: String(seq) })
    const file = path.join(keys.folder, name)
    // SRS: without a URL players get the path in the file system, which leads nowhere
    return { file, uri: keys.url === '' ? this.#relative(file) : keys.url + encodePath(name) }
  }

  /** As SRS: the folder of the playlist is named too, unless the prefix ends with a slash. */
  #prefix(): string {
    const { entryPrefix } = this.#options
    if (entryPrefix === '' || entryPrefix.endsWith('/')) return entryPrefix
    return `${entryPrefix}/${encodePath(path.dirname(this.#playlistName))}/`
  }

  #relative(file: string): string {
    return encodePath(path.relative(path.dirname(this.playlist), file))
  }
}

function encodePath(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/')
}
