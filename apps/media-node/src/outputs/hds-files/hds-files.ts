import type { Logger } from '@millrace/core'
import type { LiveStream, Publication, Scheduler } from '@millrace/hub'

import { FileStreams } from '../../file-streams/file-streams.ts'
import { HdsFilesOutput } from './hds-files-output.ts'
import type { HdsFilesOptions } from './options.ts'

export interface HdsFilesDeps {
  /** Of the vhost of a stream that is published; without `hdsFiles` it has no HDS. */
  readonly policyOf: (vhost: string) => { readonly hdsFiles: HdsFilesOptions | undefined }
  readonly scheduler: Scheduler
  readonly logger: Logger
}

/** HDS in files of all streams of a node with an `srs.conf`. As with SRS they are given to whoever asks for them. */
export class HdsFiles {
  readonly #streams: FileStreams<HdsFilesOptions, HdsFilesOutput>

  constructor({ policyOf, scheduler, logger }: HdsFilesDeps) {
    this.#streams = new FileStreams({
      name: 'HDS',
      optionsOf: ({ vhost }) => policyOf(vhost).hdsFiles,
      create: ({ id, key }, options, before) =>
        new HdsFilesOutput({ key, options, scheduler, logger: logger.child({ stream: id }), before }),
      scheduler,
      logger,
    })
  }

  /** A stream has become live. */
  live(stream: LiveStream, publication: Publication): void {
    this.#streams.live(stream, publication)
  }

  /** Settings have changed: of streams that there are, HDS begins, ends, or goes on by others from the next key frame on. */
  refresh(streams: Iterable<LiveStream>): void {
    this.#streams.refresh(streams)
  }

  /** Writes what is left. */
  close(): Promise<void> {
    return this.#streams.close()
  }
}
