import type { Protocol } from '@millrace/contracts'
import { errorMessage } from '@millrace/core'

import { text, type HttpAnswer, type HttpRequest } from '../io/http.ts'
import { AdmissionError, type Admission, type Grant } from './admission.ts'

/** Asks whether an HTTP client may play; a refusal comes as the answer to send. */
export async function admitViewer(
  admission: Admission,
  { params, host, ip, raw }: HttpRequest,
  protocol: Protocol,
  { app, stream }: { app: string; stream: string },
): Promise<{ grant: Grant } | { refusal: HttpAnswer }> {
  try {
    const grant = await admission.admit({
      action: 'play',
      protocol,
      vhost: params['vhost'] ?? params['domain'] ?? host,
      app,
      stream,
      params,
      client: { ip, userAgent: raw.headers['user-agent'], pageUrl: raw.headers.referer },
    })
    return { grant }
  } catch (error) {
    if (!(error instanceof AdmissionError)) throw error
    return { refusal: text(error.code === 'ADMISSION_UNAVAILABLE' ? 503 : 403, errorMessage(error)) }
  }
}
