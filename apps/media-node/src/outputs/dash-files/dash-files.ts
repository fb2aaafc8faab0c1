import { errorCode, errorMessage, type Logger } from '@millrace/core'
import type { LiveStream, Scheduler, StreamKey, StreamListener } from '@millrace/hub'

import { Succession } from '../succession.ts'
import { DashFilesOutput } from './dash-files-output.ts'
import type { DashFilesOptions } from './options.ts'

export interface DashFilesDeps {
  /** Of the vhost of a stream that is published; without `dashFiles` it has no DASH in files. */
  readonly policyOf: (vhost: string) => { readonly dashFiles: DashFilesOptions | undefined }
  readonly scheduler: Scheduler
  /** Milliseconds since the epoch, default the system's. */
  readonly wallNowMs?: () => number
  readonly logger: Logger
}

interface Entry {
  readonly key: StreamKey
  output: DashFilesOutput
  readonly follower: Succession
  leave: (() => void) | undefined
  /** Keeps the stream from being left when its publisher comes back. */
  cancelLeave: (() => void) | undefined
}

/** Streams that are not published any more and are remembered, so that their numbers and lists go on. */
const MAX_IDLE = 10_000

/**
 * DASH in files of all streams of a node with an `srs.conf`. As with SRS they are given to whoever asks for them, as all files of the
 * HTTP server's folder are, and viewers are not counted.
 */
export class DashFiles {
  readonly #deps: DashFilesDeps
  readonly #entries = new Map<string, Entry>()

  constructor(deps: DashFilesDeps) {
    this.#deps = deps
  }

  /** A stream has become live. */
  live(stream: LiveStream): void {
    const options = this.#deps.policyOf(stream.key.vhost).dashFiles
    if (!options) return
    const entry = this.#entryOf(stream, options)
    entry.cancelLeave?.()
    entry.output.begin()
    entry.leave ??= stream.listen({
      info: (info) => this.#guard(entry, () => entry.follower.info(info)),
      frame: (frame) => this.#guard(entry, () => entry.follower.frame(frame)),
      interrupted: (reason) => {
        this.#guard(entry, () => entry.follower.interrupted(reason))
        entry.cancelLeave?.()
        entry.cancelLeave = this.#deps.scheduler.after(stream.reconnectWindowMs, () => leave(entry))
      },
      closed: () => {
        entry.leave = undefined
        this.#guard(entry, () => entry.follower.closed())
      },
    })
  }

  /** Settings have changed: of streams that there are, DASH begins, ends, or goes on by others from the next key frame on. */
  refresh(streams: Iterable<LiveStream>): void {
    const optionsOf = ({ vhost }: StreamKey): DashFilesOptions | undefined => this.#deps.policyOf(vhost).dashFiles
    for (const entry of this.#entries.values()) {
      if (!entry.leave || optionsOf(entry.key)) continue
      leave(entry)
      this.#guard(entry, () => entry.follower.closed())
    }
    for (const stream of streams) {
      const options = optionsOf(stream.key)
      if (!stream.live || !options) continue
      const entry = this.#entries.get(stream.id)
      if (entry?.leave) this.#follow(entry, stream, options)
      else this.live(stream)
    }
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    for (const entry of this.#entries.values()) {
      leave(entry)
      entry.output.closed()
    }
    await Promise.all([...this.#entries.values()].map(({ output }) => output.done()))
    this.#entries.clear()
  }

  #entryOf(stream: LiveStream, options: DashFilesOptions): Entry {
    const { id, key } = stream
    const before = this.#entries.get(id)
    if (before && isSame(before.output.options, options)) return before
    if (before) leave(before)
    const output = this.#outputOf(stream, options, before?.output)
    const follower = new Succession(output)
    const entry: Entry = { key, output, follower, leave: undefined, cancelLeave: undefined }
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    this.#forgetIdle()
    return entry
  }

  #follow(entry: Entry, stream: LiveStream, options: DashFilesOptions): void {
    const next = (): StreamListener => (entry.output = this.#outputOf(stream, options, entry.output))
    entry.follower.follow(isSame(entry.output.options, options) ? undefined : next)
  }

  #outputOf({ id, key }: LiveStream, options: DashFilesOptions, before: DashFilesOutput | undefined): DashFilesOutput {
    const { wallNowMs = Date.now, logger } = this.#deps
    return new DashFilesOutput({ key, options, wallNowMs, logger: logger.child({ stream: id }), before })
  }

  #forgetIdle(): void {
    if (this.#entries.size <= MAX_IDLE) return
    for (const [id, entry] of this.#entries) if (!entry.leave) return void this.#entries.delete(id)
  }

  /** A fault of ours costs this stream its DASH, never the publish. */
  #guard(entry: Entry, act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#deps.logger.error({ code: errorCode(error), error: errorMessage(error) }, 'DASH stopped')
      leave(entry)
    }
  }
}

const isSame = (a: DashFilesOptions, b: DashFilesOptions): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Follows the stream no more. */
function leave(entry: Entry): void {
  entry.cancelLeave?.()
  entry.cancelLeave = undefined
  entry.leave?.()
  entry.leave = undefined
}
