import { isDeepStrictEqual } from 'node:util'

import { errorCode, errorMessage, type Logger } from '@millrace/core'
import type { LiveStream, Publication, Scheduler, StreamKey, StreamListener } from '@millrace/hub'

import { Succession } from './succession.ts'

/** Writes one stream into files, over any number of publications. */
export interface FilesOutput<Options> extends StreamListener {
  readonly options: Options
  /** Removes all files of a stream that has been silent for a while; undefined for files that stay. */
  readonly disposal: { readonly idleMs: number; run(): void } | undefined
  /** Another publication begins: one that the output had been given up for was another. */
  begin(): void
  /** Resolves when all that is to be written has been. */
  done(): Promise<void>
}

export interface FileStreamsDeps<Options, Output extends FilesOutput<Options>> {
  /** For the log. */
  readonly name: 'HLS' | 'DASH' | 'HDS'
  /** Of a stream that is published; undefined for one without such files. */
  readonly optionsOf: (key: StreamKey) => Options | undefined
  /** @param before what wrote the stream by other options, and does no more */
  readonly create: (stream: LiveStream, options: Options, before: Output | undefined) => Output
  readonly scheduler: Scheduler
  readonly logger: Logger
}

interface Entry<Output> {
  readonly key: StreamKey
  output: Output
  readonly follower: Succession
  publication: Publication | undefined
  leave: (() => void) | undefined
  /** Keeps the stream from being left when its publisher comes back. */
  cancelLeave: (() => void) | undefined
  cancelDisposal: (() => void) | undefined
  /** When the last frame came, monotonic. */
  lastFrameMs: number
}

/** Streams that are not published any more and are remembered, so that their numbers and lists go on. */
const MAX_IDLE = 10_000

/** The streams of a node that are written into files in one way: each is followed while it is published, and remembered after. */
export class FileStreams<Options, Output extends FilesOutput<Options>> {
  readonly #deps: FileStreamsDeps<Options, Output>
  readonly #entries = new Map<string, Entry<Output>>()

  constructor(deps: FileStreamsDeps<Options, Output>) {
    this.#deps = deps
  }

  /** A stream has become live. */
  live(stream: LiveStream, publication: Publication): void {
    const options = this.#deps.optionsOf(stream.key)
    if (!options) return
    const entry = this.#entryOf(stream, options)
    entry.publication = publication
    entry.cancelLeave?.()
    entry.output.begin()
    this.#watch(entry)
    entry.leave ??= stream.listen(this.#listener(entry, stream))
  }

  /** Options have changed: streams that there are begin to be written, end, or go on by others from the next key frame on. */
  refresh(streams: Iterable<LiveStream>): void {
    for (const entry of this.#entries.values()) {
      if (!entry.leave || this.#deps.optionsOf(entry.key)) continue
      leave(entry)
      this.#guard(entry, () => entry.follower.closed())
    }
    for (const stream of streams) {
      const { publication } = stream
      const options = this.#deps.optionsOf(stream.key)
      if (!stream.live || !publication || !options) continue
      const entry = this.#entries.get(stream.id)
      if (entry?.leave) this.#follow(entry, stream, options)
      else this.live(stream, publication)
    }
  }

  /** What writes the stream of an id, or did. */
  find(id: string): Output | undefined {
    return this.#entries.get(id)?.output
  }

  /** Sends the publisher of a stream away. */
  disconnect(id: string): void {
    this.#entries.get(id)?.publication?.end('kicked')
  }

  /** Writes what is left, and removes what is to be removed at the end. */
  async close(): Promise<void> {
    for (const entry of this.#entries.values()) {
      entry.cancelDisposal?.()
      leave(entry)
      entry.output.closed()
      entry.output.disposal?.run()
    }
    await Promise.all([...this.#entries.values()].map(({ output }) => output.done()))
    this.#entries.clear()
  }

  #entryOf(stream: LiveStream, options: Options): Entry<Output> {
    const { id, key } = stream
    const before = this.#entries.get(id)
    if (before && isDeepStrictEqual(before.output.options, options)) return before
    before?.cancelDisposal?.()
    if (before) leave(before)
    const output = this.#deps.create(stream, options, before?.output)
    const entry: Entry<Output> = {
      key,
      output,
      follower: new Succession(output),
      publication: undefined,
      leave: undefined,
      cancelLeave: undefined,
      cancelDisposal: undefined,
      lastFrameMs: this.#deps.scheduler.nowMs(),
    }
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    this.#forgetIdle()
    return entry
  }

  #listener(entry: Entry<Output>, stream: LiveStream): StreamListener {
    const { follower } = entry
    const { scheduler } = this.#deps
    return {
      info: (info) => this.#guard(entry, () => follower.info(info)),
      frame: (frame) => {
        entry.lastFrameMs = scheduler.nowMs()
        this.#guard(entry, () => follower.frame(frame))
      },
      interrupted: (reason) => {
        entry.publication = undefined
        this.#guard(entry, () => follower.interrupted(reason))
        entry.cancelLeave?.()
        entry.cancelLeave = scheduler.after(stream.reconnectWindowMs, () => leave(entry))
      },
      closed: () => {
        entry.leave = undefined
        entry.publication = undefined
        this.#guard(entry, () => follower.closed())
      },
    }
  }

  #follow(entry: Entry<Output>, stream: LiveStream, options: Options): void {
    const next = (): StreamListener => {
      entry.output = this.#deps.create(stream, options, entry.output)
      this.#watch(entry)
      return entry.output
    }
    entry.follower.follow(isDeepStrictEqual(entry.output.options, options) ? undefined : next)
  }

  #forgetIdle(): void {
    if (this.#entries.size <= MAX_IDLE) return
    for (const [id, entry] of this.#entries) if (!entry.leave) return void this.#entries.delete(id)
  }

  /** Removes the files when nothing has come for long. */
  #watch(entry: Entry<Output>): void {
    const { disposal } = entry.output
    entry.cancelDisposal?.()
    entry.cancelDisposal = undefined
    if (!disposal) return
    const { scheduler } = this.#deps
    const { idleMs } = disposal
    const leftMs = idleMs - (scheduler.nowMs() - entry.lastFrameMs)
    entry.cancelDisposal = scheduler.after(leftMs > 0 ? leftMs : idleMs, () => {
      entry.cancelDisposal = undefined
      const isOver = scheduler.nowMs() - entry.lastFrameMs >= idleMs
      if (isOver) disposal.run()
      if (!isOver || entry.publication) this.#watch(entry)
    })
  }

  /** A fault of ours costs this stream its files, never the publish. */
  #guard(entry: Entry<Output>, act: () => void): void {
    try {
      act()
    } catch (error) {
      const { logger, name } = this.#deps
      logger.error({ code: errorCode(error), error: errorMessage(error) }, `${name} stopped`)
      leave(entry)
    }
  }
}

/** Follows the stream no more. */
function leave(entry: Pick<Entry<unknown>, 'leave' | 'cancelLeave'>): void {
  entry.cancelLeave?.()
  entry.cancelLeave = undefined
  entry.leave?.()
  entry.leave = undefined
}
