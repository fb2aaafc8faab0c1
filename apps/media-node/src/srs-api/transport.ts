import type http from 'node:http'

import { send, type HttpAnswer, type HttpRequest } from '../io/http.ts'
import { SRS_CODES } from './codes.ts'

/** What an endpoint answers with. */
export type ApiAnswer =
  /** Members in SRS's order: there are clients that compare text. */
  | { readonly type: 'json'; readonly body: object }
  | { readonly type: 'redirect'; readonly status: 301 | 302; readonly location: string }
  | { readonly type: 'refused'; readonly status: 401 | 404 | 405 }

/**
 * The server as it names itself.
 *
 * SRS: what follows the version of SRS that it stands in for is its own name.
 */
export const SRS_VERSION = { major: 4, minor: 0, revision: 271, text: '4.0.271' } as const

const REASONS = { 404: 'Not Found', 405: 'Method Not Allowed' } as const

const CORS: HttpAnswer['headers'] = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, HEAD, PUT, DELETE, OPTIONS',
  'access-control-expose-headers': 'Server,range,Content-Length,Content-Range',
  'access-control-allow-headers':
    'origin,range,accept-encoding,referer,Cache-Control,X-Proxy-Authorization,X-Requested-With,Content-Type',
}

/** SRS 5: what is no name of a function, with dots and indices, would be a script of somebody else's. */
const CALLBACK = /^[\w$.[\]]{1,128}$/

/** JSONP's callback; undefined without, or when it is empty. */
function callbackOf({ params }: HttpRequest): string | undefined {
  return params['callback'] || undefined
}

/** The verb that counts: pages that can only load scripts name theirs by parameter. */
export function verbOf(request: HttpRequest): string {
  const named = callbackOf(request) === undefined ? undefined : request.params['method']
  return named !== undefined && ['GET', 'PUT', 'POST', 'DELETE'].includes(named) ? named : request.method
}

/** Headers of all answers: who we are and, for pages of other origins, that they may read it. */
export function commonHeaders(request: HttpRequest, version: string, crossdomain: boolean): HttpAnswer['headers'] {
  const server = `SRS/${SRS_VERSION.text}(Leo) Millrace/${version}`
  return { server, 'cache-control': 'no-store', ...(crossdomain && request.raw.headers.origin ? CORS : {}) }
}

/** Sends an answer; JSON errors are successes of HTTP, as in SRS. */
export function answerWith(
  answer: ApiAnswer,
  request: HttpRequest,
  response: http.ServerResponse,
  headers: HttpAnswer['headers'],
): void {
  switch (answer.type) {
    case 'json':
      return send(response, { status: 200, ...jsonOrScript(answer.body, request, headers) })
    case 'redirect':
      return send(response, { status: answer.status, headers: { ...headers, location: answer.location } })
    case 'refused':
      if (answer.status === 401) {
        return send(response, { status: 401, headers: { ...headers, 'www-authenticate': 'Basic' } })
      }
      return send(response, {
        status: answer.status,
        headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
        body: REASONS[answer.status],
      })
  }
}

function jsonOrScript(
  body: object,
  request: HttpRequest,
  headers: HttpAnswer['headers'],
): Pick<HttpAnswer, 'headers' | 'body'> {
  const callback = callbackOf(request)
  if (callback === undefined) return asJson(body)
  if (!CALLBACK.test(callback)) return asJson({ code: SRS_CODES.jsonp })
  return { headers: { ...headers, 'content-type': 'text/javascript' }, body: `${callback}(${scriptText(body)})` }

  function asJson(value: object): Pick<HttpAnswer, 'headers' | 'body'> {
    return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(value) }
  }
}

/** Line separators of Unicode end a line of older scripts. */
function scriptText(body: object): string {
  return JSON.stringify(body).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
