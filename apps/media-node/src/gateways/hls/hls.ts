import { createHash } from 'node:crypto'

import type { Admission } from '../../admission/admission.ts'
import { CORS_HEADERS, send, text, type HttpHandler, type HttpRequest } from '../../io/http.ts'
import type { HlsOutputs } from '../../outputs/hls/hls-outputs.ts'
import { admitViewer } from '../../admission/http-viewer.ts'

export interface HlsDeps {
  hls: HlsOutputs
  admission: Admission
}

/** `GET /app/stream.m3u8` and what its playlists name. Each request is admitted by itself: there is no connection. */
export function createHls({ hls, admission }: HlsDeps): HttpHandler {
  return async (request, response) => {
    const target = hls.parse(request.path)
    if (!target) return false
    const { method, raw, search } = request
    if (method === 'OPTIONS') send(response, { status: 204, headers: CORS_HEADERS })
    else if (method !== 'GET' && method !== 'HEAD') send(response, text(405, 'GET or HEAD only'))
    else {
      const admitted = await admitViewer(admission, request, 'hls', { app: target.app, stream: target.name })
      const served =
        'refusal' in admitted
          ? admitted.refusal
          : await hls.serve(admitted.grant.key, target.resource, {
              method,
              search,
              range: raw.headers.range,
              viewer: viewerId(request),
            })
      send(response, served)
    }
    return true
  }
}

/** Players are told apart by address and program; neither is kept. */
function viewerId({ ip, raw }: HttpRequest): string {
  return createHash('sha256')
    .update(`${ip}\n${raw.headers['user-agent'] ?? ''}`)
    .digest('base64')
}
