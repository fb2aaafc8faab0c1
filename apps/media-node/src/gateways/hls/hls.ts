import { createHash } from 'node:crypto'

import type { StreamKey } from '@millrace/hub'

import type { Admission, Grant } from '../../admission/admission.ts'
import { admitViewer, clientOf, forViewer, refusalOf, viewerPreflight } from '../../admission/http-viewer.ts'
import type { SegmentViewers } from '../../players/segment-viewers.ts'
import { send, text, type HttpAnswer, type HttpHandler, type HttpRequest } from '../../io/http.ts'

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
}

export interface HlsDeps<R> {
  hls: HlsSource<R>
  admission: Admission
  viewers: SegmentViewers
}

/** `GET /app/stream.m3u8` and what its playlists name. Each request is admitted by itself: there is no connection. */
export function createHls<R>(deps: HlsDeps<R>): HttpHandler {
  return async (request, response) => {
    const target = deps.hls.parse(request.path)
    if (!target) return false
    const { method } = request
    const { app, name: stream } = target
    if (method === 'OPTIONS') send(response, await viewerPreflight(deps.admission, request, 'hls', { app, stream }))
    else if (method !== 'GET' && method !== 'HEAD') send(response, text(405, 'GET or HEAD only'))
    else send(response, await serve(deps, request, target))
    return true
  }
}

async function serve<R>(
  { hls, admission, viewers }: HlsDeps<R>,
  request: HttpRequest,
  { app, name, resource }: { app: string; name: string; resource: R },
): Promise<HttpAnswer> {
  const admitted = await admitViewer(admission, request, 'hls', { app, stream: name })
  if ('refusal' in admitted) return admitted.refusal
  const { key, streamId } = admitted.grant
  const viewer = {
    key,
    streamId,
    protocol: 'hls',
    client: clientOf(request),
    viewer: viewerId(request, admitted.grant),
  } as const
  try {
    viewers.check(viewer)
  } catch (error) {
    return forViewer(refusalOf(error), admitted.grant, request)
  }
  const { method, search, raw } = request
  const answer = await hls.serve(key, resource, { method, search, range: raw.headers.range })
  if (answer.status < 400) viewers.served(viewer, method === 'HEAD' ? 0 : (answer.body?.length ?? 0))
  return forViewer(personal(answer, admitted.grant), admitted.grant, request)
}

/** What is for one viewer alone must not stay in a cache that many share. */
function personal(answer: HttpAnswer, grant: Grant): HttpAnswer {
  if (!grant.pass?.personal) return answer
  return { ...answer, headers: { ...answer.headers, 'cache-control': 'private, no-cache' } }
}

/** Players are told apart by address, program and, where one is needed, token; none is kept. */
function viewerId({ ip, raw, params }: HttpRequest, { pass }: Grant): string {
  const token = pass?.personal ? params['token'] : undefined
  return createHash('sha256')
    .update(`${ip}\n${raw.headers['user-agent'] ?? ''}\n${token ?? ''}`)
    .digest('base64')
}
