import type { Protocol } from '@millrace/contracts'
import { errorMessage } from '@millrace/core'

import { text, type HttpAnswer, type HttpRequest } from '../io/http.ts'
import { AdmissionError, type Admission, type AdmissionRequest, type Grant } from './admission.ts'

/** Asks whether an HTTP client may play; a refusal comes as the answer to send. */
export async function admitViewer(
  admission: Admission,
  request: HttpRequest,
  protocol: Protocol,
  { app, stream }: { app: string; stream: string },
): Promise<{ grant: Grant } | { refusal: HttpAnswer }> {
  const { params, host } = request
  try {
    const grant = await admission.admit({
      action: 'play',
      protocol,
      vhost: params['vhost'] ?? params['domain'] ?? host,
      app,
      stream,
      params,
      client: clientOf(request),
    })
    return { grant }
  } catch (error) {
    return { refusal: refusalOf(error) }
  }
}

/** The answer to a refusal; what is none is thrown on. */
export function refusalOf(error: unknown): HttpAnswer {
  if (!(error instanceof AdmissionError)) throw error
  return text(TEMPORARY.has(error.code) ? 503 : 403, errorMessage(error))
}

/** Who sent a request. */
export function clientOf({ ip, raw }: HttpRequest): AdmissionRequest['client'] {
  return { ip, userAgent: raw.headers['user-agent'], pageUrl: raw.headers.referer, origin: raw.headers.origin }
}

/** CORS headers where not all pages may read the answer. */
export function originHeaders({ pass }: Grant): Readonly<Record<string, string>> {
  return pass?.origin ? { 'access-control-allow-origin': pass.origin, vary: 'Origin' } : {}
}

const TEMPORARY = new Set(['ADMISSION_UNAVAILABLE', 'NODE_DRAINING'])
