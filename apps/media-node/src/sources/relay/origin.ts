import type { LogFields } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../../admission/admission.ts'
import type { PullOptions } from '../pull/pull.ts'

/** Where a stream is to be had, and how. */
export interface Origin extends Pick<PullOptions, 'url' | 'headers' | 'names'> {
  /** What the log calls it. */
  readonly fields: LogFields
}

/** The player who came first, as far as an origin may want to know. */
export type FirstPlayer = Pick<AdmissionRequest, 'protocol' | 'param' | 'client'>

/** Knows where streams are published. */
export interface Directory {
  /**
   * Where to fetch a stream from; undefined if it is nowhere else. May throw a CodedError.
   *
   * @param attempt how often in a row it came to nothing before
   */
  locate(key: StreamKey, player: FirstPlayer, attempt: number): Promise<Origin | undefined>
}
