import type { AddressGuard } from '@millrace/address-guard'
import type { CodedError } from '@millrace/core'
import type { LiveStream } from '@millrace/hub'

import type { RtmpNames } from '../../io/rtmp-names.ts'

export interface AttemptOptions {
  /** `rtmp(s)://host[:port]/app/stream`, or `http(s)://` of a WHIP endpoint. Holds a secret. */
  url: URL
  /** What a receiver of RTMP is told, default what the URL says. */
  names?: RtmpNames | undefined
  /** What a WHIP endpoint is told for authorization. */
  bearer?: string | undefined
  stream: LiveStream
  /** From dialling to the receiver's consent. */
  startTimeoutMs: number
  /** Certificates to trust instead of the system's, in PEM. */
  ca?: string
  /** The addresses that may be connected to, default all. */
  guard?: AddressGuard | undefined
}

export interface AttemptHandlers {
  /** The receiver takes media. */
  live(): void
  /** Once, unless it was closed. */
  ended(error: CodedError): void
}

/** One try to push a stream. */
export interface PushAttempt {
  /** Ends it without a further word to its handlers. */
  close(): void
}
