import { isDeepStrictEqual } from 'node:util'

import type { Logger } from '@millrace/core'
import type { Scheduler, StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../../admission/admission.ts'
import type { BroadcastObserver, Publisher } from '../../broadcast/broadcasts.ts'
import { Succession } from '../../file-streams/succession.ts'
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
  /** Of a publish, as they are at the moment; undefined for one that is not recorded. */
  readonly settingsOf: (key: StreamKey) => DvrSettings | undefined
  readonly onDvr?: (event: DvrEvent) => void
  readonly scheduler: Scheduler
  /** Milliseconds since the epoch, default the system's. */
  readonly wallNowMs?: () => number
  readonly logger: Logger
}

/** A publish that may be recorded. */
interface Publish {
  readonly publisher: Publisher
  readonly request: AdmissionRequest
  /** What is recorded of it at the moment. */
  current: Current | undefined
}

interface Current {
  recording: Recording
  settings: DvrSettings
  readonly follower: Succession
  readonly leave: () => void
}

/** Records publishes to local files. @see SRS 4 `full.conf`, "dvr" */
export class Dvr implements BroadcastObserver {
  readonly #deps: DvrDeps
  readonly #publishes = new Set<Publish>()
  readonly #recordings = new Set<Recording>()
  /** Paths that are written at the moment. */
  readonly #paths = new Set<string>()

  constructor(deps: DvrDeps) {
    this.#deps = deps
  }

  began(publisher: Publisher, request: AdmissionRequest): void {
    const publish: Publish = { publisher, request, current: undefined }
    this.#publishes.add(publish)
    this.#update(publish)
    void publisher.ended.then(() => {
      this.#publishes.delete(publish)
      this.#leave(publish)
    })
  }

  /** The settings have changed: recordings begin and end, or go on in another file from the next key frame on. SRS: at once. */
  refresh(): void {
    for (const publish of this.#publishes) this.#update(publish)
  }

  /** Completes all files. SRS: it leaves them as `.tmp` when it quits. */
  async close(): Promise<void> {
    await Promise.all([...this.#recordings].map((recording) => recording.done()))
  }

  #update(publish: Publish): void {
    const { publisher, current } = publish
    const settings = this.#deps.settingsOf(publisher.stream.key)
    if (!settings) return this.#leave(publish)
    if (!current) return this.#begin(publish, settings)
    const next = (): Recording => {
      const before = this.#complete(current.recording)
      current.recording = this.#record(publish, settings, before)
      current.settings = settings
      return current.recording
    }
    current.follower.follow(isDeepStrictEqual(current.settings, settings) ? undefined : next)
  }

  #begin(publish: Publish, settings: DvrSettings): void {
    const recording = this.#record(publish, settings)
    const follower = new Succession(recording)
    const leave = publish.publisher.stream.listen(follower)
    publish.current = { recording, settings, follower, leave }
  }

  #leave(publish: Publish): void {
    const { current } = publish
    if (!current) return
    publish.current = undefined
    current.leave()
    void this.#complete(current.recording)
  }

  async #complete(recording: Recording): Promise<void> {
    await recording.done()
    this.#recordings.delete(recording)
  }

  /** @param after that what was recorded before is complete, which may have had the same path */
  #record({ publisher, request }: Publish, settings: DvrSettings, after?: Promise<void>): Recording {
    const { onDvr, scheduler, wallNowMs = Date.now, logger } = this.#deps
    const { key, id } = publisher.stream
    const recording = new Recording({
      key,
      settings,
      scheduler,
      wallNowMs,
      logger: logger.child({ stream: id }),
      claim: (file) => this.#claim(file),
      release: (file) => this.#paths.delete(file),
      onFile: (file) => onDvr?.({ ...file, key, publisher, request, cwd: process.cwd() }),
      after,
    })
    this.#recordings.add(recording)
    return recording
  }

  #claim(file: string): boolean {
    if (this.#paths.has(file)) return false
    this.#paths.add(file)
    return true
  }
}
