import net from 'node:net'

import { CodedError, errorCode, errorMessage, type Logger } from '@millrace/core'
import { isRtcCodec } from '@millrace/sdp'

import { clientOf } from '../../admission/http-viewer.ts'
import { json, readBody, send, type HttpAnswer, type HttpHandler, type HttpRequest } from '../../io/http.ts'
import type { RtcGateway, RtcOffer } from './gateway.ts'

/** Of a request: an offer and a few names. */
const MAX_BODY_BYTES = 256 * 1024
/** SRS's one code for whatever went wrong. */
const FAILED = 400

const PATH = /^\/rtc\/v1\/(?<verb>publish|play)\/?$/

export interface SrsRtcDeps {
  readonly gateway: RtcGateway
  /** As SRS's `server`. */
  readonly serverId: string
  readonly logger: Logger
}

/**
 * `POST /rtc/v1/publish/` and `/rtc/v1/play/` as SRS 4 has them: an offer in JSON, and always HTTP 200.
 *
 * SRS: `encrypt` and `dtls` of the query are not looked at: media is always encrypted.
 */
export function createSrsRtc({ gateway, serverId, logger }: SrsRtcDeps): HttpHandler {
  return async (request, response) => {
    const { verb } = PATH.exec(request.path)?.groups ?? {}
    if (verb === undefined || request.method !== 'POST') return false
    const action = verb === 'publish' ? 'publish' : 'play'
    try {
      const { sdp, sessionId, username } = await gateway[action](await readOffer(request, action))
      logger.debug({ session: sessionId }, 'WebRTC answered')
      send(response, closing(json(200, { code: 0, server: serverId, sdp, sessionid: username })))
    } catch (error) {
      logger.warn({ peer: request.ip, action, code: errorCode(error), reason: errorMessage(error) }, 'WebRTC refused')
      send(response, closing(json(200, { code: FAILED })))
    }
    return true
  }
}

/** As SRS does: nothing else is asked for by the same connection. */
const closing = (answer: HttpAnswer): HttpAnswer => ({ ...answer, headers: { ...answer.headers, connection: 'close' } })

/** What SRS's clients send. */
interface Body {
  readonly sdp: string
  readonly streamurl: string
  /** The client's address, as one who asks in its place says it. */
  readonly clientip?: unknown
}

async function readOffer(request: HttpRequest, action: 'publish' | 'play'): Promise<RtcOffer> {
  const { sdp, streamurl, clientip } = parseBody(await readBody(request, MAX_BODY_BYTES))
  const url = URL.canParse(streamurl) ? new URL(streamurl) : undefined
  const { app, stream } = /^\/(?<app>.+)\/(?<stream>[^/]+)$/.exec(decodeURIComponent(url?.pathname ?? ''))?.groups ?? {}
  if (!url || app === undefined || stream === undefined) throw badRequest('streamurl must be webrtc://host/app/stream')
  const params = Object.fromEntries(url.searchParams)
  const { codec = '', eip, candidate } = request.params
  const client = clientOf(request)
  return {
    sdp,
    ...(isRtcCodec(codec) && { codec }),
    reached: { external: eip ?? candidate, host: url.hostname },
    naming: {
      username: 'SRS/4.0.271(Leo)',
      sessionName: action === 'publish' ? 'SRSPublishSession' : 'SRSPlaySession',
    },
    request: {
      vhost: params['vhost'] || params['domain'] || url.hostname,
      app,
      stream,
      params,
      param: url.search,
      client: {
        ...client,
        forwardedFor: client.forwardedFor ?? addressOf(clientip),
        tcUrl: `webrtc://${url.host}/${app}`,
      },
    },
  }
}

function parseBody(text: string | undefined): Body {
  let body: unknown
  try {
    body = JSON.parse(text ?? '')
  } catch {
    throw badRequest('the body is no JSON')
  }
  const has = (name: string): boolean =>
    typeof body === 'object' && body !== null && typeof Reflect.get(body, name) === 'string'
  if (!has('sdp') || !has('streamurl')) throw badRequest('sdp and streamurl are needed')
  return body as Body
}

const addressOf = (told: unknown): string | undefined =>
  typeof told === 'string' && net.isIP(told) !== 0 ? told : undefined

const badRequest = (why: string): CodedError => new CodedError('RTC_BAD_REQUEST', why)
