import type { EventEmitter } from 'node:events'
import type http from 'node:http'
import net from 'node:net'

import { isAllowedOrigin, originOf } from '@millrace/auth'
import type { Protocol } from '@millrace/contracts'
import { errorMessage } from '@millrace/core'

import { CORS_HEADERS, NO_ANSWER, text, type HttpAnswer, type HttpRequest } from '../io/http.ts'
import { AdmissionError, type Admission, type AdmissionRequest, type Grant } from './admission.ts'
import { SilentRefusal } from './silent-refusal.ts'
import { Visit } from './visit.ts'

/**
 * Asks whether an HTTP client may play; a refusal comes as the answer to send.
 *
 * @param visit of a viewer who is let in for as long as it lasts
 */
export async function admitViewer(
  admission: Admission,
  request: HttpRequest,
  protocol: Protocol,
  { app, stream }: { app: string; stream: string },
  visit?: Visit,
): Promise<{ grant: Grant } | { refusal: HttpAnswer }> {
  const { params, search: param, host } = request
  try {
    const grant = await admission.admit({
      action: 'play',
      protocol,
      vhost: params['vhost'] ?? params['domain'] ?? host,
      app,
      stream,
      params,
      param,
      visit,
      client: clientOf(request),
    })
    return { grant }
  } catch (error) {
    return { refusal: refusalOf(error) }
  }
}

/** The visit of a viewer who gets media for as long as something is open. */
export function visitUntilClosed(closing: EventEmitter): Visit {
  const visit = new Visit()
  closing.once('close', () => visit.end())
  return visit
}

/** The answer to a refusal; what is none is thrown on. */
export function refusalOf(error: unknown): HttpAnswer {
  if (!(error instanceof AdmissionError)) throw error
  if (error instanceof SilentRefusal && !ABSENT.has(error.code)) return NO_ANSWER
  const status = TEMPORARY.has(error.code) ? 503 : ABSENT.has(error.code) ? 404 : 403
  return text(status, errorMessage(error))
}

/** Who sent a request. */
export function clientOf({ ip, clientId: id, raw: { headers } }: HttpRequest): AdmissionRequest['client'] {
  return {
    id,
    ip,
    forwardedFor: forwardedFor(headers),
    userAgent: headers['user-agent'],
    pageUrl: headers.referer,
    origin: headers.origin,
  }
}

/** The first address of `X-Forwarded-For`, else `X-Real-IP`; undefined for what is none. */
function forwardedFor(headers: http.IncomingHttpHeaders): string | undefined {
  const told = headers['x-forwarded-for'] ?? headers['x-real-ip']
  const [first = ''] = (Array.isArray(told) ? told.join(',') : (told ?? '')).split(',')
  const address = first.trim()
  return net.isIP(address) === 0 ? undefined : address
}

/**
 * CORS headers of an answer to a viewer: pages of all origins may read it, unless the vhost or the playback id has a list.
 * Then the origin that asks is named if it is on it, and none is if it isn't. @see Fetch §3.3.3
 */
export function corsHeaders({ pass, corsOrigins = null }: Grant, request: HttpRequest): HttpAnswer['headers'] {
  const only = pass?.origin ?? null
  if (only === null && corsOrigins === null) return CORS_HEADERS
  const { 'access-control-allow-origin': _all, ...headers } = CORS_HEADERS
  const origin = only ?? originOf({ origin: request.raw.headers.origin })
  const readable = origin !== undefined && (corsOrigins === null || isAllowedOrigin(corsOrigins, origin))
  return { ...headers, vary: 'Origin', ...(readable && { 'access-control-allow-origin': origin }) }
}

/** The answer as the pages of some origins alone may read it. */
export function forViewer(answer: HttpAnswer, grant: Grant, request: HttpRequest): HttpAnswer {
  const { 'access-control-allow-origin': _all, ...headers } = answer.headers
  return { ...answer, headers: { ...headers, ...corsHeaders(grant, request) } }
}

/** The answer to a preflight. Who is not let in may read why: the refusal has no media in it. */
export async function viewerPreflight(...asked: Parameters<typeof admitViewer>): Promise<HttpAnswer> {
  const admitted = await admitViewer(...asked)
  return { status: 204, headers: 'refusal' in admitted ? CORS_HEADERS : corsHeaders(admitted.grant, asked[1]) }
}

/** Whether a WebSocket may be opened: browsers ask nobody before. Programs that are no browser send no origin. */
export function mayOpenSocket({ corsOrigins = null }: Grant, { raw: { headers } }: HttpRequest): boolean {
  if (corsOrigins === null || headers.origin === undefined) return true
  const origin = originOf({ origin: headers.origin })
  if (origin === undefined) return false
  // pages of this server need no permission to read from it by HTTP either
  return new URL(origin).host === headers.host || isAllowedOrigin(corsOrigins, origin)
}

const TEMPORARY = new Set(['ADMISSION_UNAVAILABLE', 'NODE_DRAINING'])
/** What a configuration doesn't have. */
const ABSENT = new Set(['VHOST_NOT_FOUND', 'PROTOCOL_DISABLED'])
