import type { LiveStream } from '@millrace/hub'

import type { Admission } from './admission/admission.ts'

/** What decides on publishers and players, and knows other nodes. */
export interface Deciding {
  readonly admission: Admission
  /** Whether a stream comes from another node. */
  readonly relayed: (stream: LiveStream) => boolean
  readonly relayKey: () => string | undefined
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
    linked() {},
    start: () => Promise.resolve(),
  }
}
