import type { LiveStream } from '@millrace/hub'

import type { Admission } from './admission/admission.ts'
import type { Directory } from './sources/relay/origin.ts'

/** What decides on publishers and players, and knows other nodes. */
export interface Deciding {
  readonly admission: Admission
  /** Whether a stream comes from another node. */
  readonly relayed: (stream: LiveStream) => boolean
  readonly relayKey: () => string | undefined
  /** Knows where streams are that may be fetched; undefined where there are no other nodes. */
  readonly directory: Directory | undefined
  /** The control plane can be reached, under this id. */
  readonly linked: (nodeId: string) => void
  /** Resolves when viewers can be judged. */
  readonly start: () => Promise<void>
}

/** A node without control plane: the admission alone decides. */
export function decidingAlone(admission: Admission): Deciding {
  return {
    admission,
    relayed: () => false,
    relayKey: () => undefined,
    directory: undefined,
    linked() {},
    start: () => Promise.resolve(),
  }
}
