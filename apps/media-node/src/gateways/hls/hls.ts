import { createHash } from 'node:crypto'

import type { StreamKey } from '@millrace/hub'

import type { Admission } from '../../admission/admission.ts'
import { admitViewer } from '../../admission/http-viewer.ts'
import { CORS_HEADERS, send, text, type HttpAnswer, type HttpHandler, type HttpRequest } from '../../io/http.ts'

/** Where playlists and segments come from. `R` says what of a stream is wanted, which only the source has to know. */
export interface HlsSource<R> {
  /** Takes a URL path apart; undefined when it is none of HLS. */
  parse(path: string): { readonly app: string; readonly name: string; readonly resource: R } | undefined
  serve(key: StreamKey, resource: R, request: HlsRequest): Promise<HttpAnswer>
}

/** A viewer's request, once admitted. */
export interface HlsRequest {
  readonly method: string
  /** Query string as it came, with its `?`, or empty. */
  readonly search: string
  /** Range header. */
  readonly range: string | undefined
  /** Tells viewers apart. */
  readonly viewer: string
}

export interface HlsDeps<R> {
  hls: HlsSource<R>
  admission: Admission
}

/** `GET /app/stream.m3u8` and what its playlists name. Each request is admitted by itself: there is no connection. */
export function createHls<R>({ hls, admission }: HlsDeps<R>): HttpHandler {
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
