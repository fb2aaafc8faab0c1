import type { Logger } from '@millrace/core'
import type { LiveStream, Publication, Scheduler, StreamKey } from '@millrace/hub'

import { FileStreams } from '../../file-streams/file-streams.ts'
import { HlsFilesOutput, type WrittenSegment } from './hls-files-output.ts'
import type { HlsFilesOptions } from './options.ts'

export interface HlsFilesDeps {
  /** Of a stream that is published; undefined for one without HLS in files. */
  readonly settingsOf: (key: StreamKey) => HlsFilesOptions | undefined
  readonly scheduler: Scheduler
  /** Milliseconds since the epoch, default the system's. */
  readonly wallNowMs?: () => number
  readonly logger: Logger
  /** Told of each segment that was written. */
  readonly written?: (segment: WrittenSegment) => void
}

/** A playlist, a segment or a key. */
export interface ServedFile {
  readonly type: 'playlist' | 'other'
  readonly key: StreamKey
  readonly options: HlsFilesOptions
  readonly sizeBytes: number
  playlist(query: string): string | undefined
  multivariant(uri: string): string
  /** Counts what a viewer was sent. */
  sent(bytes: number): void
}

/** HLS in files of all streams of a node with an `srs.conf`. */
export class HlsFiles {
  readonly #deps: HlsFilesDeps
  readonly #streams: FileStreams<HlsFilesOptions, HlsFilesOutput>
  readonly #byFile = new Map<string, { readonly streamId: string; readonly sizeBytes: number }>()
  #sentBytes = 0

  constructor(deps: HlsFilesDeps) {
    this.#deps = deps
    this.#streams = new FileStreams({
      name: 'HLS',
      optionsOf: deps.settingsOf,
      create: (stream, options, before) => this.#create(stream, options, before),
      scheduler: deps.scheduler,
      logger: deps.logger,
    })
  }

  /** A stream has become live. */
  live(stream: LiveStream, publication: Publication): void {
    this.#streams.live(stream, publication)
    const output = this.#streams.find(stream.id)
    if (output) this.#announce(stream.id, output)
  }

  /** Settings have changed: of streams that there are, HLS begins, ends, or goes on by others from the next key frame on. */
  refresh(streams: Iterable<LiveStream>): void {
    this.#streams.refresh(streams)
  }

  /** What an absolute file name stands for. */
  find(file: string): ServedFile | undefined {
    const found = this.#byFile.get(file)
    const output = found && this.#streams.find(found.streamId)
    if (!output) return undefined
    return {
      type: file === output.names.playlist ? 'playlist' : 'other',
      key: output.key,
      options: output.options,
      sizeBytes: found.sizeBytes,
      playlist: (query) => output.playlist(query),
      multivariant: (uri) => output.multivariant(uri),
      sent: (bytes) => {
        output.sentBytes += bytes
        this.#sentBytes += bytes
      },
    }
  }

  /** Bytes sent to viewers of a stream since it was first published. */
  bytesOut({ id }: LiveStream): number {
    return this.#streams.find(id)?.sentBytes ?? 0
  }

  /** Bytes sent to all viewers so far. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Writes what is left, and removes what is to be removed at the end. */
  async close(): Promise<void> {
    await this.#streams.close()
    this.#byFile.clear()
  }

  #create({ id, key }: LiveStream, options: HlsFilesOptions, before: HlsFilesOutput | undefined): HlsFilesOutput {
    const { scheduler, wallNowMs = Date.now, logger, written } = this.#deps
    const output = new HlsFilesOutput({
      key,
      options,
      scheduler,
      wallNowMs,
      logger: logger.child({ stream: id }),
      before,
      disconnect: () => this.#streams.disconnect(id),
      changed: (file, sizeBytes) => {
        if (sizeBytes === undefined) this.#byFile.delete(file)
        else this.#byFile.set(file, { streamId: id, sizeBytes })
      },
      written: (segment) => written?.(segment),
    })
    this.#announce(id, output)
    return output
  }

  /** A playlist is the viewers' before it is there: as a plain file nobody would be asked for it. */
  #announce(streamId: string, { names: { playlist } }: HlsFilesOutput): void {
    if (!this.#byFile.has(playlist)) this.#byFile.set(playlist, { streamId, sizeBytes: 0 })
  }
}
