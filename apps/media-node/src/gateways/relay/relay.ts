import type http from 'node:http'

import type { Logger } from '@millrace/core'
import { createFlvPackager, createFlvPayloads } from '@millrace/flv'
import type { LiveStream, Packaging, StreamKey } from '@millrace/hub'

import { send, text, type HttpHandler, type HttpRequest } from '../../io/http.ts'
import { endSoftly, socketSink } from '../../io/socket-sink.ts'
import { askedBy, relayPath, type RelayDeps as RelayAskedDeps } from './relay-request.ts'

/** As players get it, so that they share the bytes. */
const PACKAGING: Packaging = {
  key: 'flv:enhanced',
  create: () => createFlvPackager(createFlvPayloads({ hevc: 'enhanced' })),
}

export interface RelayDeps extends RelayAskedDeps {
  logger: Logger
}

/**
 * `GET /relay/v1/vhost/app/stream.flv`: a stream that is published here, for another node with a token of the control plane.
 * It ends as soon as the publisher has left, for the other node to look where the stream is now. Other nodes are no players.
 */
export function createRelay(deps: RelayDeps): HttpHandler {
  return (request, response) => {
    const key = relayPath(request.path, 'flv')
    if (!key) return false
    if (request.method !== 'GET') send(response, text(405, 'GET only'))
    else serve(deps, request, response, key)
    return true
  }
}

function serve(deps: RelayDeps, request: HttpRequest, response: http.ServerResponse, key: StreamKey): void {
  const { relayed, logger } = deps
  const asked = askedBy(request, key, deps)
  if (asked.refusal) return send(response, asked.refusal)
  const { stream, node } = asked
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
