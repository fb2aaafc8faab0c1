import { DEFAULT_VHOST, isPathName, isStreamName, isVhostName } from '@millrace/contracts/plain'

import { AdmissionError, type Admission } from './admission.ts'

/**
 * Admission of a node without control plane: everybody may publish and play, as with an SRS that has no hooks. A vhost
 * that a parameter names is that vhost; a host name, and what can be no vhost, stand for the default one.
 */
export const openAdmission: Admission = {
  async admit({ vhost, app, stream, params }) {
    if (!isPathName(app) || !isStreamName(stream)) {
      throw new AdmissionError('STREAM_NAME_INVALID', 'the app or stream name has characters that no stream may have')
    }
    const named = params['vhost'] ?? params['domain']
    const key = { vhost: named === vhost ? vhostOf(vhost) : DEFAULT_VHOST, app, name: stream }
    return { key, streamId: null, keyId: null }
  },
}

function vhostOf(name: string): string {
  if (name === DEFAULT_VHOST) return name
  const host = name.toLowerCase()
  return isVhostName(host) ? host : DEFAULT_VHOST
}
