import type { StreamKey } from '@millrace/hub'

import type { Admission, AdmissionRequest } from './admission.ts'

/** Whoever fetches streams from other nodes. */
export interface WantedStreams {
  /** A player was let in. */
  want(key: StreamKey, player: AdmissionRequest): Promise<void>
}

/** An admission whose players also find streams that are published at other nodes. */
export function relayingAdmission(admission: Admission, streams: WantedStreams): Admission {
  return {
    async admit(request) {
      const grant = await admission.admit(request)
      if (request.action === 'play') await streams.want(grant.key, request)
      return grant
    },
  }
}
