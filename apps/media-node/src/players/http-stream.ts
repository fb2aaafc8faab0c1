import type http from 'node:http'

import type { Protocol } from '@millrace/contracts'
import type { Logger } from '@millrace/core'
import type { Hub, Packaging } from '@millrace/hub'

import type { Admission, Grant } from '../admission/admission.ts'
import {
  admitViewer,
  clientOf,
  corsHeaders,
  forViewer,
  viewerPreflight,
  visitUntilClosed,
} from '../admission/http-viewer.ts'
import { send, text, type HttpHandler, type HttpRequest } from '../io/http.ts'
import { endSoftly } from '../io/socket-sink.ts'
import { play } from './play.ts'
import type { PlayerInfo, Players } from './players.ts'

/** What players of endless answers need. */
export interface HttpStreamDeps {
  hub: Hub
  admission: Admission
  players: Players
  /** Default {@link plainTarget}. */
  targetOf?: TargetOf | undefined
  logger: Logger
}

/** The stream that a URL names. */
export interface StreamTarget {
  app: string
  stream: string
  /** Where the URL names it; else it is the one that the request is for. */
  vhost?: string
}

/** The stream that a request with a decoded path is for; undefined for what is for others. @param extension with its dot */
export type TargetOf = (
  request: Pick<HttpRequest, 'path' | 'host' | 'params'>,
  extension: string,
) => StreamTarget | undefined

/** One way to play streams by HTTP. */
export interface HttpStreamFormat {
  readonly protocol: Protocol
  /** Of the answer. */
  readonly contentType: string
  /** What paths end with. */
  readonly extension: string
  /** @param vhost that the stream is in */
  readonly packaging: (request: HttpRequest, vhost: string) => Packaging
}

/** Told to a player who has waited in vain. */
export const NOT_LIVE = 'this stream is not live, or has nothing that could be played so'

/** The stream of `/app/stream.EXTENSION`. */
export function plainTarget(path: string, extension: string): StreamTarget | undefined {
  const cut = path.lastIndexOf('/')
  const named = cut > 1 && path.endsWith(extension) && path.length > cut + 1 + extension.length
  return named ? { app: path.slice(1, cut), stream: path.slice(cut + 1, -extension.length) } : undefined
}

/** The stream that a request names, and the request as one for its vhost. */
export function findTarget(
  { targetOf = ({ path }, extension) => plainTarget(path, extension) }: Pick<HttpStreamDeps, 'targetOf'>,
  request: HttpRequest,
  extension: string,
): { target: StreamTarget; asked: HttpRequest } | undefined {
  const target = targetOf(request, extension)
  if (target?.vhost === undefined) return target && { target, asked: request }
  return { target, asked: { ...request, params: { ...request.params, vhost: target.vhost } } }
}

/** An endless answer without chunks, so that all players get the same bytes. */
export function createHttpStream(deps: HttpStreamDeps, format: HttpStreamFormat): HttpHandler {
  const { protocol } = format
  return async (request, response) => {
    const found = findTarget(deps, request, format.extension)
    if (!found) return false
    const { target, asked } = found
    if (request.method === 'OPTIONS') send(response, await viewerPreflight(deps.admission, asked, protocol, target))
    else if (request.method !== 'GET' && request.method !== 'HEAD') send(response, text(405, 'GET or HEAD only'))
    else await serve(deps, format, asked, response, target)
    return true
  }
}

/** Who plays what, for the registry of players. */
export function viewerOf(
  request: HttpRequest,
  { key, streamId, pass }: Grant,
  protocol: Protocol,
): Omit<PlayerInfo, 'bytes' | 'kick'> {
  return { key, streamId, protocol, client: clientOf(request), pass }
}

async function serve(
  deps: HttpStreamDeps,
  { protocol, contentType, packaging }: HttpStreamFormat,
  request: HttpRequest,
  response: http.ServerResponse,
  target: StreamTarget,
): Promise<void> {
  const visit = request.method === 'GET' ? visitUntilClosed(response) : undefined
  const admitted = await admitViewer(deps.admission, request, protocol, target, visit)
  if (response.destroyed) return
  if ('refusal' in admitted) return send(response, admitted.refusal)
  const cors = corsHeaders(admitted.grant, request)
  const headers = { 'content-type': contentType, 'cache-control': 'no-store', connection: 'close', ...cors }
  if (request.method === 'HEAD') {
    response.writeHead(200, headers).end()
    return
  }
  // the hub writes to the socket itself, so no other answer may be under way on it
  if (!response.socket)
    return send(response, text(400, 'a stream cannot be asked for while another answer is under way'))
  const { socket } = request.raw
  response.useChunkedEncodingByDefault = false
  play({
    ...deps,
    viewer: viewerOf(request, admitted.grant, protocol),
    packaging: packaging(request, admitted.grant.key.vhost),
    socket,
    begin() {
      response.writeHead(200, headers)
      response.flushHeaders()
    },
    end: (begun) =>
      begun ? endSoftly(socket) : send(response, forViewer(text(404, NOT_LIVE), admitted.grant, request)),
    onGone: (leave) => response.once('close', leave),
  })
}
