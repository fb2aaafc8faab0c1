import type { Logger } from '@millrace/core'
import type { Scheduler, StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../../admission/admission.ts'
import type { BroadcastObserver, Publisher } from '../../broadcast/broadcasts.ts'
import type { FinishedFile } from './dvr-file.ts'
import { Recording, type DvrSettings } from './recording.ts'

/** A file of a recording is complete. */
export interface DvrEvent extends FinishedFile {
  readonly key: StreamKey
  /** Whose stream it was. */
  readonly publisher: Publisher
  readonly request: AdmissionRequest
  /** Working directory of the node. */
  readonly cwd: string
}

export interface DvrDeps {
  /** Of a publish that begins; undefined for one that is not recorded. */
  readonly settingsOf: (key: StreamKey) => DvrSettings | undefined
  readonly onDvr?: (event: DvrEvent) => void
  readonly scheduler: Scheduler
  /** Milliseconds since the epoch, default the system's. */
  readonly wallNowMs?: () => number
  readonly logger: Logger
}

/** Records publishes to local files. @see SRS 4 `full.conf`, "dvr" */
export class Dvr implements BroadcastObserver {
  readonly #deps: DvrDeps
  readonly #recordings = new Set<Recording>()
  /** Paths that are written at the moment. */
  readonly #paths = new Set<string>()

  constructor(deps: DvrDeps) {
    this.#deps = deps
  }

  began(publisher: Publisher, request: AdmissionRequest): void {
    const { settingsOf, onDvr, scheduler, wallNowMs = Date.now, logger } = this.#deps
    const { key, id } = publisher.stream
    const settings = settingsOf(key)
    if (!settings) return
    const recording = new Recording({
      key,
      settings,
      scheduler,
      wallNowMs,
      logger: logger.child({ stream: id }),
      claim: (file) => this.#claim(file),
      release: (file) => this.#paths.delete(file),
      onFile: (file) => onDvr?.({ ...file, key, publisher, request, cwd: process.cwd() }),
    })
    this.#recordings.add(recording)
    const leave = publisher.stream.listen(recording)
    void this.#end(recording, publisher, leave)
  }

  /** Completes all files. SRS: it leaves them as `.tmp` when it quits. */
  async close(): Promise<void> {
    await Promise.all([...this.#recordings].map((recording) => recording.done()))
  }

  #claim(file: string): boolean {
    if (this.#paths.has(file)) return false
    this.#paths.add(file)
    return true
  }

  async #end(recording: Recording, { ended }: Publisher, leave: () => void): Promise<void> {
    await ended
    leave()
    await recording.done()
    this.#recordings.delete(recording)
  }
}
