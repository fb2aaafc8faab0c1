import { DEFAULT_VHOST, pathNameSchema, streamNameSchema } from '@millrace/contracts'

import { AdmissionError, type Admission } from './admission.ts'

/** Admission of a node without control plane: everybody may publish and play, as with an SRS that has no hooks. */
export const openAdmission: Admission = {
  async admit({ vhost, app, stream, params }) {
    if (!pathNameSchema.safeParse(app).success || !streamNameSchema.safeParse(stream).success) {
      throw new AdmissionError('STREAM_NAME_INVALID', 'the app or stream name has characters that no stream may have')
    }
    const named = params['vhost'] ?? params['domain']
    return { key: { vhost: named === vhost ? vhost : DEFAULT_VHOST, app, name: stream }, streamId: null, keyId: null }
  },
}
