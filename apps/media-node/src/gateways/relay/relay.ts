import type http from 'node:http'

import { verifyRelayToken } from '@millrace/auth'
import type { Logger } from '@millrace/core'
import { createFlvPackager, createFlvPayloads } from '@millrace/flv'
import type { Hub, LiveStream, Packaging } from '@millrace/hub'

import { send, text, type HttpHandler, type HttpRequest } from '../../io/http.ts'
import { endSoftly, socketSink } from '../../io/socket-sink.ts'

const RELAY_PATH = /^\/relay\/v1\/(?<vhost>[^/]+)\/(?<app>.+)\/(?<name>[^/]+)\.flv$/

/** As players get it, so that they share the bytes. */
const PACKAGING: Packaging = {
  key: 'flv:enhanced',
  create: () => createFlvPackager(createFlvPayloads({ hevc: 'enhanced' })),
}

export interface RelayDeps {
  hub: Hub
  /** Whether a stream comes from another node: then it is not passed on, so that no ring can form. */
  relayed: (stream: LiveStream) => boolean
  /** Undefined until the node is registered. */
  relayKey: () => string | undefined
  logger: Logger
}

/**
 * `GET /relay/v1/vhost/app/stream.flv`: a stream that is published here, for another node with a token of the control plane.
 * It ends as soon as the publisher has left, for the other node to look where the stream is now. Other nodes are no players.
 */
export function createRelay(deps: RelayDeps): HttpHandler {
  return (request, response) => {
    const { vhost, app, name } = RELAY_PATH.exec(request.path)?.groups ?? {}
    if (!vhost || !app || !name) return false
    if (request.method !== 'GET') send(response, text(405, 'GET only'))
    else serve(deps, request, response, { vhost, app, name })
    return true
  }
}

function serve(
  { hub, relayed, relayKey, logger }: RelayDeps,
  request: HttpRequest,
  response: http.ServerResponse,
  key: { vhost: string; app: string; name: string },
): void {
  const token = /^Bearer (\S+)$/.exec(request.raw.headers.authorization ?? '')?.[1] ?? ''
  const named = { vhost: key.vhost, app: key.app, stream: key.name }
  const nodeKey = relayKey()
  const node = nodeKey === undefined ? undefined : verifyRelayToken(nodeKey, token, named, Date.now())
  if (node === undefined) return send(response, text(401, 'a relay token is needed'))
  const stream = hub.find(key)
  if (!stream?.publication || relayed(stream)) return send(response, text(404, 'this stream is not published here'))
  if (!response.socket) return send(response, text(400, 'another answer is under way'))
  relay(stream, request, response, logger.child({ proto: 'relay', peer: request.ip, node, stream: stream.id }))

  function relay(from: LiveStream, { raw }: HttpRequest, to: http.ServerResponse, log: Logger): void {
    const leave = (reason: string): void => from.leave(reader, reason)
    const unlisten = from.listen({
      info() {},
      frame() {},
      interrupted() {
        // a publisher that takes the stream over on this node comes at once
        setImmediate(() => {
          if (!from.publication || relayed(from)) leave('RELAY_PUBLISHER_LEFT')
        })
      },
      closed() {},
    })
    to.useChunkedEncodingByDefault = false
    const reader = from.read(
      PACKAGING,
      socketSink(raw.socket, {
        waits: false,
        onBegin() {
          to.writeHead(200, { 'content-type': 'video/x-flv', 'cache-control': 'no-store', connection: 'close' })
          to.flushHeaders()
        },
        onEnd(reason) {
          unlisten()
          log.info({ reason, bytes: reader.bytes, jumps: reader.jumps }, 'relay ended')
          if (to.headersSent) endSoftly(raw.socket)
          else send(to, text(404, 'this stream is not live'))
        },
      }),
    )
    log.info({}, 'relay started')
    to.once('close', () => leave('PEER_CLOSED'))
  }
}
