import path from 'node:path'

import { errorCode, errorMessage, type Logger } from '@millrace/core'
import type { LiveStream, Publication, Scheduler, StreamKey, StreamListener } from '@millrace/hub'

import { Succession } from '../succession.ts'
import { HlsFilesOutput, type WrittenSegment } from './hls-files-output.ts'
import type { HlsFilesOptions } from './options.ts'

export interface HlsFilesDeps {
  /** Of a stream that is published; undefined for one without HLS in files. */
  readonly settingsOf: (key: StreamKey) => HlsFilesOptions | undefined
  /** Absolute path of the folder that the HTTP server has its files in. */
  readonly servedFolder: string | undefined
  readonly scheduler: Scheduler
  /** Milliseconds since the epoch, default the system's. */
  readonly wallNowMs?: () => number
  readonly logger: Logger
  /** Told of each segment that was written. */
  readonly written?: (segment: WrittenSegment) => void
}

/** A playlist or segment that a URL names. */
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

interface Entry {
  readonly key: StreamKey
  /** Of `options` and what follows from them. */
  output: HlsFilesOutput
  readonly counter: { bytesOut: number }
  readonly follower: Succession
  publication: Publication | undefined
  leave: (() => void) | undefined
  /** Keeps the stream from being left when its publisher comes back. */
  cancelLeave: (() => void) | undefined
  cancelTimer: (() => void) | undefined
}

/** Streams that are not published any more and are remembered, so that their numbers and lists go on. */
const MAX_IDLE = 10_000

/** HLS in files of all streams of a node with an `srs.conf`. */
export class HlsFiles {
  readonly #deps: HlsFilesDeps
  readonly #entries = new Map<string, Entry>()
  readonly #byFile = new Map<string, { readonly entry: () => Entry | undefined; readonly sizeBytes: number }>()
  #sentBytes = 0

  constructor(deps: HlsFilesDeps) {
    this.#deps = deps
  }

  /** A stream has become live. */
  live(stream: LiveStream, publication: Publication): void {
    const options = this.#deps.settingsOf(stream.key)
    if (!options) return
    const entry = this.#entryOf(stream, options)
    entry.publication = publication
    entry.cancelLeave?.()
    entry.output.begin()
    this.#watch(entry)
    entry.leave ??= stream.listen({
      info: (info) => this.#guard(entry, () => entry.follower.info(info)),
      frame: (frame) => this.#guard(entry, () => entry.follower.frame(frame)),
      interrupted: (reason) => {
        entry.publication = undefined
        this.#guard(entry, () => entry.follower.interrupted(reason))
        entry.cancelLeave?.()
        entry.cancelLeave = this.#deps.scheduler.after(stream.reconnectWindowMs, () => leave(entry))
      },
      closed: () => {
        entry.leave = undefined
        entry.publication = undefined
        this.#guard(entry, () => entry.follower.closed())
      },
    })
  }

  /** Settings have changed: of streams that there are, HLS begins, ends, or goes on by others from the next key frame on. */
  refresh(streams: Iterable<LiveStream>): void {
    for (const entry of this.#entries.values()) {
      if (!entry.leave || this.#deps.settingsOf(entry.key)) continue
      leave(entry)
      this.#guard(entry, () => entry.follower.closed())
    }
    for (const stream of streams) {
      const { publication } = stream
      const options = this.#deps.settingsOf(stream.key)
      if (!stream.live || !publication || !options) continue
      const entry = this.#entries.get(stream.id)
      if (entry?.leave) this.#follow(entry, stream, options)
      else this.live(stream, publication)
    }
  }

  /** What a decoded URL path names. */
  find(urlPath: string): ServedFile | undefined {
    const { servedFolder } = this.#deps
    if (servedFolder === undefined) return undefined
    const file = path.join(servedFolder, urlPath)
    const found = this.#byFile.get(file)
    const entry = found?.entry()
    if (!found || !entry) return undefined
    const { key, output, counter } = entry
    return {
      type: file === output.names.playlist ? 'playlist' : 'other',
      key,
      options: output.options,
      sizeBytes: found.sizeBytes,
      playlist: (query) => output.playlist(query),
      multivariant: (uri) => output.multivariant(uri),
      sent: (bytes) => {
        counter.bytesOut += bytes
        this.#sentBytes += bytes
      },
    }
  }

  /** Bytes sent to viewers of a stream since it was first published. */
  bytesOut({ id }: LiveStream): number {
    return this.#entries.get(id)?.counter.bytesOut ?? 0
  }

  /** Bytes sent to all viewers so far. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Writes what is left, and removes what is to be removed at the end. */
  async close(): Promise<void> {
    for (const entry of this.#entries.values()) {
      entry.cancelTimer?.()
      leave(entry)
      entry.output.closed()
      if (entry.output.options.disposeMs > 0) entry.output.dispose()
    }
    await Promise.all([...this.#entries.values()].map(({ output }) => output.done()))
    this.#entries.clear()
    this.#byFile.clear()
  }

  #entryOf(stream: LiveStream, options: HlsFilesOptions): Entry {
    const { id, key } = stream
    const before = this.#entries.get(id)
    if (before && isSame(before.output.options, options)) return before
    before?.cancelTimer?.()
    if (before) leave(before)
    const output = this.#outputOf(stream, options, before?.output)
    const entry: Entry = {
      key,
      output,
      counter: before?.counter ?? { bytesOut: 0 },
      follower: new Succession(output),
      publication: undefined,
      leave: undefined,
      cancelLeave: undefined,
      cancelTimer: undefined,
    }
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    this.#forgetIdle()
    return entry
  }

  #follow(entry: Entry, stream: LiveStream, options: HlsFilesOptions): void {
    const next = (): StreamListener => {
      entry.output = this.#outputOf(stream, options, entry.output)
      this.#watch(entry)
      return entry.output
    }
    entry.follower.follow(isSame(entry.output.options, options) ? undefined : next)
  }

  #outputOf({ id, key }: LiveStream, options: HlsFilesOptions, before: HlsFilesOutput | undefined): HlsFilesOutput {
    const { scheduler, wallNowMs = Date.now, logger, written } = this.#deps
    return new HlsFilesOutput({
      key,
      options,
      scheduler,
      wallNowMs,
      logger: logger.child({ stream: id }),
      before,
      disconnect: () => this.#entries.get(id)?.publication?.end('kicked'),
      changed: (file, sizeBytes) => {
        if (sizeBytes === undefined) this.#byFile.delete(file)
        else this.#byFile.set(file, { entry: () => this.#entries.get(id), sizeBytes })
      },
      written: (segment) => written?.(segment),
    })
  }

  #forgetIdle(): void {
    if (this.#entries.size <= MAX_IDLE) return
    for (const [id, entry] of this.#entries) if (!entry.leave) return void this.#entries.delete(id)
  }

  /** Removes the files when nothing has come for long. */
  #watch(entry: Entry): void {
    const { output } = entry
    const { disposeMs } = output.options
    entry.cancelTimer?.()
    entry.cancelTimer = undefined
    if (disposeMs === 0) return
    const { scheduler } = this.#deps
    const leftMs = disposeMs - (scheduler.nowMs() - output.lastFrameMs)
    entry.cancelTimer = scheduler.after(leftMs > 0 ? leftMs : disposeMs, () => {
      entry.cancelTimer = undefined
      const isOver = scheduler.nowMs() - output.lastFrameMs >= disposeMs
      if (isOver) output.dispose()
      if (!isOver || entry.publication) this.#watch(entry)
    })
  }

  /** A fault of ours costs this stream its HLS, never the publish. */
  #guard(entry: Entry, act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#deps.logger.error({ code: errorCode(error), error: errorMessage(error) }, 'HLS stopped')
      leave(entry)
    }
  }
}

const isSame = (a: HlsFilesOptions, b: HlsFilesOptions): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Follows the stream no more. */
function leave(entry: Entry): void {
  entry.cancelLeave?.()
  entry.cancelLeave = undefined
  entry.leave?.()
  entry.leave = undefined
}
