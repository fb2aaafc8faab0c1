import { isRtcCodec, parseFragment } from '@millrace/sdp'

import { clientOf, corsHeaders } from '../../admission/http-viewer.ts'
import { readBody, send, text, type HttpAnswer, type HttpHandler, type HttpRequest } from '../../io/http.ts'
import { failureAnswer } from './failure.ts'
import type { RtcAnswer, RtcGateway } from './gateway.ts'
import type { RtcSession } from './session.ts'

/** Of an offer or a fragment. */
const MAX_BODY_BYTES = 128 * 1024
const SDP = 'application/sdp'
const FRAGMENT = 'application/trickle-ice-sdpfrag'

/** What pages may do with the resources, beside what they may with media. */
const PAGES_MAY: HttpAnswer['headers'] = {
  'access-control-allow-methods': 'OPTIONS, POST, PATCH, DELETE',
  'access-control-allow-headers': '*, Authorization',
  'access-control-expose-headers': 'Location, ETag, Link, Accept-Patch',
}
const ANY_PAGE: HttpAnswer['headers'] = {
  'access-control-allow-origin': '*',
  'access-control-max-age': '86400',
  ...PAGES_MAY,
}

export interface WhipDeps {
  readonly gateway: RtcGateway
  /** URLs of STUN and TURN servers that clients are told of. */
  readonly iceServers: readonly string[]
}

/** What a WHIP or WHEP path names. */
interface Target {
  readonly action: 'publish' | 'play'
  readonly app: string
  readonly stream: string
  /** Undefined where a session is to begin. */
  readonly sessionId: string | undefined
  /** Where a session that has begun is found. */
  readonly location: (sessionId: string) => string
}

/**
 * `POST /app/stream/whip` publishes, `/app/stream/whep` plays; SRS's `/rtc/v1/whip/?app=…&stream=…` and `/rtc/v1/whep/` do so too.
 *
 * @see RFC 9725 and draft-ietf-wish-whep
 */
export function createWhip(deps: WhipDeps): HttpHandler {
  return async (request, response) => {
    const target = targetOf(request)
    if (!target) return false
    send(response, await answerTo(deps, request, target))
    return true
  }
}

const PATH = /^(?<resource>\/(?<app>.+)\/(?<stream>[^/]+)\/(?<verb>whip|whep))(?:\/(?<session>[\w-]{16,64}))?$/
const SRS_PATH = /^\/rtc\/v1\/(?<verb>whip|whip-play|whep)\/?$/

function targetOf({ path, params }: HttpRequest): Target | undefined {
  const { verb: srsVerb } = SRS_PATH.exec(path)?.groups ?? {}
  if (srsVerb !== undefined) return srsTarget(srsVerb, params)
  const { resource = '', app, stream, verb, session: sessionId } = PATH.exec(path)?.groups ?? {}
  if (!app || !stream) return undefined
  const location = (id: string): string => `${encodeURI(resource)}/${id}`
  return { action: verb === 'whip' ? 'publish' : 'play', app, stream, sessionId, location }
}

function srsTarget(
  verb: string,
  { app = 'live', stream = 'livestream', action, session }: HttpRequest['params'],
): Target {
  const plays = verb !== 'whip' || action === 'play'
  const location = (id: string): string =>
    `/rtc/v1/${verb}/?${String(new URLSearchParams({ action: 'delete', app, stream, session: id }))}`
  return { action: plays ? 'play' : 'publish', app, stream, sessionId: session, location }
}

function answerTo(deps: WhipDeps, request: HttpRequest, target: Target): HttpAnswer | Promise<HttpAnswer> {
  switch (request.method) {
    case 'OPTIONS':
      return { status: 204, headers: { ...ANY_PAGE, 'accept-post': SDP, ...linksTo(deps.iceServers) } }
    case 'POST':
      return begin(deps, request, target)
    case 'PATCH':
      return patch(deps, request, target)
    case 'DELETE':
      if (!deps.gateway.end(target.sessionId ?? '')) return refused(404, 'no such session')
      return { status: 200, headers: ANY_PAGE }
    default:
      return refused(405, 'OPTIONS, POST, PATCH or DELETE only')
  }
}

async function begin({ gateway, iceServers }: WhipDeps, request: HttpRequest, target: Target): Promise<HttpAnswer> {
  if (!isOfType(request, SDP)) return refused(415, `the offer must be ${SDP}`)
  const sdp = await readBody(request, MAX_BODY_BYTES)
  if (sdp === undefined) return refused(413, 'the offer is too large')
  const { params, search: param, host } = request
  const { codec = '', eip, candidate } = params
  try {
    const answer = await gateway[target.action]({
      sdp,
      ...(isRtcCodec(codec) && { codec }),
      reached: { external: eip ?? candidate, host },
      request: {
        vhost: params['vhost'] ?? params['domain'] ?? host,
        app: target.app,
        stream: target.stream,
        params: { ...credentials(request, target.action), ...params },
        param,
        client: clientOf(request),
      },
    })
    return created(answer, target, request, iceServers)
  } catch (error) {
    return withPages(failureAnswer(error))
  }
}

/** A bearer token is what `key` or `token` would be in the query. */
function credentials({ raw }: HttpRequest, action: Target['action']): Readonly<Record<string, string>> {
  const bearer = /^Bearer +(\S+)$/i.exec(raw.headers.authorization ?? '')?.[1]
  if (bearer === undefined) return {}
  return action === 'publish' ? { key: bearer } : { token: bearer }
}

function created(
  { sdp, sessionId, username, grant }: RtcAnswer,
  { location }: Target,
  request: HttpRequest,
  iceServers: readonly string[],
): HttpAnswer {
  return {
    status: 201,
    headers: {
      ...corsHeaders(grant, request),
      ...PAGES_MAY,
      'cache-control': 'no-store',
      'content-type': SDP,
      'accept-patch': FRAGMENT,
      location: location(sessionId),
      etag: etagOf(username),
      ...linksTo(iceServers),
    },
    body: sdp,
  }
}

/** Candidates, for which an ICE-lite end has no use, or new credentials, to which ours are the answer. @see RFC 9725 §4.3 */
async function patch({ gateway }: WhipDeps, request: HttpRequest, { sessionId }: Target): Promise<HttpAnswer> {
  if (!isOfType(request, FRAGMENT)) return refused(415, `the body must be ${FRAGMENT}`)
  const body = await readBody(request, MAX_BODY_BYTES)
  if (body === undefined) return refused(413, 'the fragment is too large')
  const session = gateway.sessions.find(sessionId ?? '')
  if (!session) return refused(404, 'no such session')
  try {
    const { ice, media } = parseFragment(body)
    if (ice !== null && ice.ufrag !== session.remoteUfrag)
      return restarted(gateway, session, ice.ufrag, media[0]?.mid ?? '0')
  } catch (error) {
    return withPages(failureAnswer(error))
  }
  const { 'if-match': expected = '*' } = request.raw.headers
  if (expected !== '*' && expected !== etagOf(session.username)) return refused(412, 'ICE has been restarted since')
  return { status: 204, headers: ANY_PAGE }
}

function restarted(gateway: RtcGateway, session: RtcSession, remoteUfrag: string, mid: string): HttpAnswer {
  const body = gateway.restart(session, remoteUfrag, mid)
  return { status: 200, headers: { ...ANY_PAGE, 'content-type': FRAGMENT, etag: etagOf(session.username) }, body }
}

/** @see RFC 9725 §4.6 */
function linksTo(iceServers: readonly string[]): HttpAnswer['headers'] {
  return iceServers.length === 0 ? {} : { link: iceServers.map((url) => `<${url}>; rel="ice-server"`).join(', ') }
}

const isOfType = ({ raw }: HttpRequest, type: string): boolean =>
  (raw.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() === type

const etagOf = (username: string): string => `"${username}"`

const refused = (status: number, why: string): HttpAnswer => withPages(text(status, why))

const withPages = (answer: HttpAnswer): HttpAnswer => ({ ...answer, headers: { ...answer.headers, ...ANY_PAGE } })
