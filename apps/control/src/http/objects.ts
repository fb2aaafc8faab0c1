import { Readable } from 'node:stream'

import type { Hono } from 'hono'

import { failure } from '../services/failures.ts'
import { type AskedRange, getObject, type ServedObject } from '../services/objects.ts'
import type { Work } from '../services/work.ts'
import type { Env } from './serve.ts'

const PATH = /^\/v1\/objects\/(sto_\w{1,64})\/(.+)$/

/**
 * Mounts `GET` and `HEAD /v1/objects/{storage_id}/{key}?expires&signature`: objects of local storages for whoever has a signed
 * URL of one. Byte ranges, conditions, and no caching beyond `expires`. It streams, so it isn't one of the JSON routes.
 *
 * @see RFC 9110 §13, §14
 */
export function mountObjects(app: Hono<Env>, work: Work): void {
  app.get('/v1/objects/*', async (c) => {
    c.set('route', '/v1/objects/{storage_id}/{key}')
    const [, storageId, path] = PATH.exec(c.req.path) ?? []
    const key = decoded(path)
    if (storageId === undefined || key === undefined) throw failure('OBJECT_NOT_FOUND', 'there is no such object')
    const query = { expires: c.req.query('expires'), signature: c.req.query('signature') }
    const asked = {
      storageId,
      key,
      ...query,
      downloadAs: c.req.query('download'),
      range: parseRange(c.req.header('range')),
      ifRange: c.req.header('if-range'),
      ifNoneMatch: c.req.header('if-none-match'),
      body: c.req.method !== 'HEAD',
    }
    const call = { requestId: c.get('requestId'), notes: c.get('notes') }
    return respond(await work.anybody(call, (unit) => getObject(unit, asked)))
  })
}

function decoded(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** One range of bytes; others are answered with all of it, which is allowed. @see RFC 9110 §14.2 */
function parseRange(header: string | undefined): AskedRange | undefined {
  const [, start = '', end = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? []
  if (start === '') return end === '' ? undefined : { lastBytes: Number(end) }
  if (end !== '' && Number(end) < Number(start)) return undefined
  return { start: Number(start), ...(end !== '' && { end: Number(end) }) }
}

function respond({ status, headers, stream }: ServedObject): Response {
  const body = stream === undefined ? null : (Readable.toWeb(stream) as ReadableStream)
  return new Response(body, { status, headers })
}
