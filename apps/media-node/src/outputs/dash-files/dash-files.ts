import type { Logger } from '@millrace/core'
import type { LiveStream, Publication, Scheduler } from '@millrace/hub'

import { FileStreams } from '../../file-streams/file-streams.ts'
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

/**
 * DASH in files of all streams of a node with an `srs.conf`. As with SRS they are given to whoever asks for them, as all files of the
 * HTTP server's folder are, and viewers are not counted.
 */
export class DashFiles {
  readonly #streams: FileStreams<DashFilesOptions, DashFilesOutput>

  constructor({ policyOf, scheduler, wallNowMs = Date.now, logger }: DashFilesDeps) {
    this.#streams = new FileStreams({
      name: 'DASH',
      optionsOf: ({ vhost }) => policyOf(vhost).dashFiles,
      create: ({ id, key }, options, before) =>
        new DashFilesOutput({ key, options, wallNowMs, logger: logger.child({ stream: id }), before }),
      scheduler,
      logger,
    })
  }

  /** A stream has become live. */
  live(stream: LiveStream, publication: Publication): void {
    this.#streams.live(stream, publication)
  }

  /** Settings have changed: of streams that there are, DASH begins, ends, or goes on by others from the next key frame on. */
  refresh(streams: Iterable<LiveStream>): void {
    this.#streams.refresh(streams)
  }

  /** Writes what is left. */
  close(): Promise<void> {
    return this.#streams.close()
  }
}
