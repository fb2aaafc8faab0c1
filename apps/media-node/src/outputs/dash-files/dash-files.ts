import { errorCode, errorMessage, type Logger } from '@millrace/core'
import type { LiveStream, Scheduler } from '@millrace/hub'

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
  readonly output: DashFilesOutput
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
      info: (info) => this.#guard(entry, () => entry.output.info(info)),
      frame: (frame) => this.#guard(entry, () => entry.output.frame(frame)),
      interrupted: () => {
        this.#guard(entry, () => entry.output.interrupted())
        entry.cancelLeave?.()
        entry.cancelLeave = this.#deps.scheduler.after(stream.reconnectWindowMs, () => leave(entry))
      },
      closed: () => {
        entry.leave = undefined
        this.#guard(entry, () => entry.output.closed())
      },
    })
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

  #entryOf({ id, key }: LiveStream, options: DashFilesOptions): Entry {
    const before = this.#entries.get(id)
    if (before && JSON.stringify(before.output.options) === JSON.stringify(options)) return before
    if (before) leave(before)
    const { wallNowMs = Date.now, logger } = this.#deps
    const output = new DashFilesOutput({
      key,
      options,
      wallNowMs,
      logger: logger.child({ stream: id }),
      ...(before && { firstNumber: before.output.nextNumber }),
    })
    const entry: Entry = { output, leave: undefined, cancelLeave: undefined }
    this.#entries.delete(id)
    this.#entries.set(id, entry)
    this.#forgetIdle()
    return entry
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

/** Follows the stream no more. */
function leave(entry: Entry): void {
  entry.cancelLeave?.()
  entry.cancelLeave = undefined
  entry.leave?.()
  entry.leave = undefined
}
