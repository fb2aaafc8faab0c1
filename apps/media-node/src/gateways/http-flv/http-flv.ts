import type http from 'node:http'

import { createFlvPackager, createFlvPayloads } from '@millrace/flv'
import type { Hub, Packaging } from '@millrace/hub'
import type { Logger } from '@millrace/core'
import { errorCode, errorMessage } from '@millrace/core'
import { WebSocketServer } from 'ws'

import { AdmissionError, type Admission, type AdmissionRequest, type Grant } from '../../admission/admission.ts'
import { CORS_HEADERS, send, text, type HttpHandler, type HttpRequest, type UpgradeHandler } from '../../io/http.ts'
import { play } from './player.ts'
import { webSocketFrames } from './ws-frames.ts'

const FLV_PATH = /^\/(.+)\/([^/]+)\.flv$/

const FLV_HEADERS = { ...CORS_HEADERS, 'content-type': 'video/x-flv', 'cache-control': 'no-store', connection: 'close' }

export interface HttpFlvDeps {
  hub: Hub
  admission: Admission
  logger: Logger
}

/** `GET /app/stream.flv`: HTTP-FLV as an endless answer without chunks, so that all players get the same bytes. */
export function createHttpFlv(deps: HttpFlvDeps): HttpHandler {
  return async (request, response) => {
    const target = FLV_PATH.exec(request.path)
    if (!target) return false
    if (request.method === 'OPTIONS') send(response, { status: 204, headers: CORS_HEADERS })
    else if (request.method !== 'GET' && request.method !== 'HEAD') send(response, text(405, 'GET or HEAD only'))
    else await serve(deps, request, response, target)
    return true
  }
}

async function serve(
  deps: HttpFlvDeps,
  request: HttpRequest,
  response: http.ServerResponse,
  target: RegExpExecArray,
): Promise<void> {
  const grant = await admit(deps, request, 'http-flv', target).catch((error: unknown) => refuse(response, error))
  if (!grant || response.destroyed) return
  if (request.method === 'HEAD') {
    response.writeHead(200, FLV_HEADERS).end()
    return
  }
  const { socket } = request.raw
  response.useChunkedEncodingByDefault = false
  play({
    hub: deps.hub,
    key: grant.key,
    packaging: flvPackaging(request, 'flv'),
    socket,
    logger: deps.logger.child({ proto: 'http-flv', peer: request.ip }),
    begin() {
      response.writeHead(200, FLV_HEADERS)
      response.flushHeaders()
    },
    refuse: (message) => send(response, text(404, message)),
  })
}

/** WebSocket at the same path: each FLV tag is a binary message. */
export function createWsFlv(deps: HttpFlvDeps): UpgradeHandler {
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 4096 })
  return async (request, socket, head) => {
    const target = FLV_PATH.exec(request.path)
    if (!target) return false
    const grant = await admit(deps, request, 'ws-flv', target).catch((error: unknown) => {
      socket.end(
        `HTTP/1.1 ${statusOf(error)} Refused\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\n${errorMessage(error)}\n`,
      )
    })
    if (!grant) return true
    webSockets.handleUpgrade(request.raw, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate())
      play({
        hub: deps.hub,
        key: grant.key,
        packaging: flvPackaging(request, 'ws-flv'),
        socket: request.raw.socket,
        logger: deps.logger.child({ proto: 'ws-flv', peer: request.ip }),
        begin() {},
        refuse: (message) => webSocket.close(4404, message),
      })
    })
    return true
  }
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

function admit(
  { admission }: HttpFlvDeps,
  request: HttpRequest,
  protocol: AdmissionRequest['protocol'],
  target: RegExpExecArray,
): Promise<Grant> {
  const { params, host, ip, raw } = request
  return admission.admit({
    action: 'play',
    protocol,
    vhost: params['vhost'] ?? params['domain'] ?? host,
    app: target[1] ?? '',
    stream: target[2] ?? '',
    params,
    client: { ip, userAgent: raw.headers['user-agent'], pageUrl: raw.headers.referer },
  })
}

function refuse(response: http.ServerResponse, error: unknown): undefined {
  send(response, text(statusOf(error), errorMessage(error)))
  return undefined
}

function statusOf(error: unknown): number {
  if (!(error instanceof AdmissionError)) throw error
  return errorCode(error) === 'ADMISSION_UNAVAILABLE' ? 503 : 403
}
