import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'

import type { Env } from './serve.ts'

const MAX_AGE_S = 600

/** What pages of viewers fetch: anybody's pages, as far as the playback ids allow them. */
const FOR_VIEWERS = /^\/v1\/(playback\/|objects\/|streams\/[^/]+\/timeshift\.m3u8$)/

/**
 * Which pages may read the answers. The API's: those of `origins` (default all; requests carry tokens, never cookies).
 * What viewers fetch: all, unless the answer names an origin itself.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function crossOrigin(origins: readonly string[] | undefined): MiddlewareHandler<Env> {
  const api = cors({
    origin: origins === undefined ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'x-request-id'],
    exposeHeaders: [
      'etag',
      'link',
      'location',
      'retry-after',
      'ratelimit',
      'ratelimit-policy',
      'idempotency-replayed',
      'x-request-id',
    ],
    maxAge: MAX_AGE_S,
  })
  const viewers = cors({
    origin: '*',
    allowMethods: ['GET', 'HEAD'],
    allowHeaders: ['range', 'traceparent'],
    exposeHeaders: ['content-length', 'content-range', 'date', 'x-request-id'],
    maxAge: MAX_AGE_S,
  })
  return async (c, next) => {
    if (!FOR_VIEWERS.test(c.req.path)) return api(c, next)
    const answered = await viewers(c, next)
    const origin = c.get('corsOrigin')
    if (origin !== undefined) {
      c.res.headers.set('access-control-allow-origin', origin)
      c.res.headers.append('vary', 'origin')
    }
    return answered
  }
}
