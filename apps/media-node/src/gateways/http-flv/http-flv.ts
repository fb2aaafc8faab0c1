import type http from 'node:http'
import type { Duplex } from 'node:stream'

import type { Logger } from '@millrace/core'
import { createFlvPackager, createFlvPayloads } from '@millrace/flv'
import type { Hub, Packaging } from '@millrace/hub'
import { WebSocketServer } from 'ws'

import type { Admission, Grant } from '../../admission/admission.ts'
import {
  admitViewer,
  clientOf,
  corsHeaders,
  forViewer,
  mayOpenSocket,
  viewerPreflight,
} from '../../admission/http-viewer.ts'
import { send, sendRaw, text, type HttpHandler, type HttpRequest, type UpgradeHandler } from '../../io/http.ts'
import { endSoftly } from '../../io/socket-sink.ts'
import type { PlayerInfo, Players } from '../../players/players.ts'
import { play } from './player.ts'
import { webSocketFrames } from './ws-frames.ts'

const FLV_PATH = /^\/(?<app>.+)\/(?<stream>[^/]+)\.flv$/

const FLV_HEADERS = { 'content-type': 'video/x-flv', 'cache-control': 'no-store', connection: 'close' }

export interface HttpFlvDeps {
  hub: Hub
  admission: Admission
  players: Players
  logger: Logger
}

const NOT_LIVE = 'this stream is not live'

interface FlvTarget {
  app: string
  stream: string
}

/** `GET /app/stream.flv`: HTTP-FLV as an endless answer without chunks, so that all players get the same bytes. */
export function createHttpFlv(deps: HttpFlvDeps): HttpHandler {
  return async (request, response) => {
    const target = parseTarget(request.path)
    if (!target) return false
    if (request.method === 'OPTIONS') send(response, await viewerPreflight(deps.admission, request, 'http-flv', target))
    else if (request.method !== 'GET' && request.method !== 'HEAD') send(response, text(405, 'GET or HEAD only'))
    else await serve(deps, request, response, target)
    return true
  }
}

async function serve(
  deps: HttpFlvDeps,
  request: HttpRequest,
  response: http.ServerResponse,
  target: FlvTarget,
): Promise<void> {
  const admitted = await admitViewer(deps.admission, request, 'http-flv', target)
  if (response.destroyed) return
  if ('refusal' in admitted) return send(response, admitted.refusal)
  const headers = { ...FLV_HEADERS, ...corsHeaders(admitted.grant, request) }
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
    viewer: viewerOf(request, admitted.grant, 'http-flv'),
    packaging: flvPackaging(request, 'flv'),
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

/** WebSocket at the same path: each FLV tag is a binary message. */
export function createWsFlv(deps: HttpFlvDeps): UpgradeHandler {
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 4096 })
  return async (request, socket, head) => {
    const target = parseTarget(request.path)
    if (!target) return false
    const admitted = await admitViewer(deps.admission, request, 'ws-flv', target)
    if ('refusal' in admitted) sendRaw(socket, admitted.refusal)
    else if (!mayOpenSocket(admitted.grant, request)) sendRaw(socket, text(403, 'pages of this origin may not play it'))
    else upgrade(deps, webSockets, request, socket, head, admitted.grant)
    return true
  }
}

function upgrade(
  deps: HttpFlvDeps,
  webSockets: WebSocketServer,
  request: HttpRequest,
  socket: Duplex,
  head: Buffer,
  grant: Grant,
): void {
  const { socket: rawSocket } = request.raw
  webSockets.handleUpgrade(request.raw, socket, head, (webSocket) => {
    webSocket.on('error', () => webSocket.terminate())
    play({
      ...deps,
      viewer: viewerOf(request, grant, 'ws-flv'),
      packaging: flvPackaging(request, 'ws-flv'),
      socket: rawSocket,
      // nothing may follow the Close frame, which the WebSocket sends by itself when the peer's has come
      open: () => webSocket.readyState === webSocket.OPEN,
      begin() {},
      end: (begun) => (begun ? webSocket.close(1000) : webSocket.close(4404, NOT_LIVE)),
      onGone: (leave) => rawSocket.once('close', leave),
    })
  })
}

function viewerOf(
  request: HttpRequest,
  { key, streamId, pass }: Grant,
  protocol: 'http-flv' | 'ws-flv',
): Omit<PlayerInfo, 'bytes' | 'kick'> {
  return { key, streamId, protocol, client: clientOf(request), pass }
}

function parseTarget(path: string): FlvTarget | undefined {
  const groups = FLV_PATH.exec(path)?.groups
  return groups?.['app'] && groups['stream'] ? { app: groups['app'], stream: groups['stream'] } : undefined
}

/** `?hevc=legacy` asks for codec id 12, which older players of the Chinese ecosystem know instead of Enhanced RTMP. */
function flvPackaging({ params }: HttpRequest, carrier: 'flv' | 'ws-flv'): Packaging {
  const hevc = params['hevc'] === 'legacy' ? 'legacy' : 'enhanced'
  return {
    key: `${carrier}:${hevc}`,
    create() {
      const packager = createFlvPackager(createFlvPayloads({ hevc }))
      return carrier === 'flv' ? packager : webSocketFrames(packager)
    },
  }
}
