import type { CodedError } from '@millrace/core'

import type { FlvMessage } from '../../ingest/flv-ingest.ts'
import type { DialOptions } from '../../io/dial.ts'
import type { RtmpNames } from '../../io/rtmp-names.ts'

/** What one connection to a source tells its owner. */
export interface SourceHandlers {
  /** The source answers, and has told this of itself. */
  connected?(told: Readonly<Record<string, unknown>>): void
  /** May throw a CodedError: the connection then ends with it. */
  media(message: FlvMessage): void
  /** Once, unless the owner has closed it: the source ended, failed or refused. */
  ended(error: CodedError): void
}

/** One connection to a source. */
export interface SourceConnection {
  /** Ends it at once; no handler is called any more. */
  close(): void
}

export interface SourceOptions extends DialOptions {
  /** Sent to HTTP sources, and to where they redirect within the same origin. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Told to RTMP sources, default what the URL says. */
  names?: RtmpNames | undefined
}

/** Opens a connection to the source at `url`. */
export type OpenSource = (url: URL, handlers: SourceHandlers, options: SourceOptions) => SourceConnection
