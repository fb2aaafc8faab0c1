import type { Duplex } from 'node:stream'

import { createFlvPackager, createFlvPayloads } from '@millrace/flv'
import type { Packaging } from '@millrace/hub'
import { WebSocketServer } from 'ws'

import type { Grant } from '../../admission/admission.ts'
import { admitViewer, mayOpenSocket, visitUntilClosed } from '../../admission/http-viewer.ts'
import type { VhostPolicies, VhostPolicy } from '../../admission/vhost-policy.ts'
import { sendRaw, text, type HttpHandler, type HttpRequest, type UpgradeHandler } from '../../io/http.ts'
import { createHttpStream, findTarget, NOT_LIVE, viewerOf, type HttpStreamDeps } from '../../players/http-stream.ts'
import { onlyKinds } from '../../players/only-kinds.ts'
import { withTimes } from '../../players/play-times.ts'
import { play } from '../../players/play.ts'
import { webSocketFrames } from './ws-frames.ts'

/** What players of FLV need. */
export interface HttpFlvDeps extends HttpStreamDeps {
  policyOf: VhostPolicies
}

const EXTENSION = '.flv'

/** `GET /app/stream.flv`: HTTP-FLV. */
export function createHttpFlv(deps: HttpFlvDeps): HttpHandler {
  return createHttpStream(deps, {
    protocol: 'http-flv',
    contentType: 'video/x-flv',
    extension: EXTENSION,
    packaging: (request, vhost) => flvPackaging(request, 'flv', deps.policyOf(vhost)),
  })
}

/** WebSocket at the same path: each FLV tag is a binary message. */
export function createWsFlv(deps: HttpFlvDeps): UpgradeHandler {
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 4096 })
  return async (request, socket, head) => {
    const found = findTarget(deps, request, EXTENSION)
    if (!found) return false
    const admitted = await admitViewer(deps.admission, found.asked, 'ws-flv', found.target, visitUntilClosed(socket))
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
      packaging: flvPackaging(request, 'ws-flv', deps.policyOf(grant.key.vhost)),
      socket: rawSocket,
      // nothing may follow the Close frame, which the WebSocket sends by itself when the peer's has come
      open: () => webSocket.readyState === webSocket.OPEN,
      begin() {},
      end: (begun) => (begun ? webSocket.close(1000) : webSocket.close(4404, NOT_LIVE)),
      onGone: (leave) => rawSocket.once('close', leave),
    })
  })
}

/** `?hevc=legacy` asks for codec id 12, which older players of the Chinese ecosystem know instead of Enhanced RTMP. */
function flvPackaging(
  { params }: HttpRequest,
  carrier: 'flv' | 'ws-flv',
  { playTimes, flvAnnounced: announced }: VhostPolicy,
): Packaging {
  const hevc = params['hevc'] === 'legacy' ? 'legacy' : 'enhanced'
  const packaging: Packaging = {
    key: [carrier, hevc, ...(announced ? [JSON.stringify(announced)] : [])].join(':'),
    create() {
      const whole = createFlvPackager(createFlvPayloads({ hevc }), announced)
      const packager = announced?.dropsOthers ? onlyKinds(announced, whole) : whole
      return carrier === 'flv' ? packager : webSocketFrames(packager)
    },
  }
  return withTimes(packaging, playTimes)
}
