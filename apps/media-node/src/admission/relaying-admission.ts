import type { StreamKey } from '@millrace/hub'

import type { Admission } from './admission.ts'

/** Whoever fetches streams from other nodes. */
export interface WantedStreams {
  /** A player was let in. `waits`: it stays when the stream isn't there yet. */
  want(key: StreamKey, waits: boolean): Promise<void>
}

/** An admission whose players also find streams that are published at other nodes. */
export function relayingAdmission(admission: Admission, streams: WantedStreams): Admission {
  return {
    async admit(request) {
      const grant = await admission.admit(request)
      if (request.action === 'play') await streams.want(grant.key, request.protocol !== 'hls')
      return grant
    },
  }
}
