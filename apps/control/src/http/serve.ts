import type { Context, Hono } from 'hono'
import type { z } from 'zod'

import { failure, type RateState, RequestInvalid } from '../services/failures.ts'
import { faultsOf } from '../services/faults.ts'
import { rateHeaders, takeRequest } from '../services/rate-limit.ts'
import type { IfMatch } from '../services/settings.ts'
import { authenticate, authorise } from '../services/tokens.ts'
import type { Notes, Principal } from '../services/unit.ts'
import type { Call, Reply, Work } from '../services/work.ts'
import { parseBody, readBody } from './body.ts'
import type { Input, Route } from './route.ts'
import { textResponse } from './text.ts'

/** Variables of a request. */
export interface Env {
  Variables: {
    requestId: string
    notes: Notes
    route?: string
    principal?: Principal
    rate?: RateState
    /** Whose pages may read the answer, where the answer knows better than the settings. */
    corsOrigin?: string
  }
}

/** How requests come to the application. */
export interface Access {
  /** Where the API is for everybody; undefined: where each request found it. */
  publicUrl: string | undefined
}

const MAX_BODY_BYTES = 256 * 1024
/** 500 reports of two kilobytes. */
const MAX_LINK_BODY_BYTES = 1024 * 1024

/** Mounts a route: authenticate, authorise, parse, run, answer. */
export function mount(app: Hono<Env>, route: Route, work: Work, access: Access): void {
  app.on(route.method.toUpperCase(), honoPath(route.path), async (c) => answer(c, await handle(c, route, work, access)))
}

async function handle(
  c: Context<Env>,
  route: Route,
  work: Work,
  access: Access,
): Promise<Reply & { replayed?: boolean }> {
  c.set('route', route.path)
  const call: Call = { requestId: c.get('requestId'), notes: c.get('notes') }
  if (route.kind === 'public') {
    const input = parse(c, route, undefined, access)
    return work.anybody(call, (unit) => route.run(unit, input))
  }
  const principal = await principalOf(c, work, call)
  // nodes come as often as their work asks for
  const limit = route.scope === 'nodes:link' ? undefined : (principal.requestsPerMinute ?? work.requestsPerMinute)
  if (limit !== undefined) c.set('rate', await work.anybody(call, (unit) => takeRequest(unit, principal, limit)))
  authorise(principal, route.scope)
  if (route.kind === 'query') {
    const input = parse(c, route, undefined, access)
    return work.read(call, principal, (unit) => route.run(unit, input))
  }
  const { link = false } = route
  const bytes = await readBody(c.req.raw, link ? MAX_LINK_BODY_BYTES : MAX_BODY_BYTES)
  const body = parseBody(bytes, c.req.header('content-type') ?? null, link ? 'clean' : 'refuse')
  const input = parse(c, route, body, access)
  if (route.kind === 'procedure') return work.long(call, principal, (unit) => route.run(unit, input))
  const key = route.method === 'post' && !link ? c.req.header('idempotency-key') : undefined
  if (key !== undefined) call.idempotency = { key, request: [c.req.method, c.req.path, bytes] }
  return work.write(call, principal, (unit) => route.run(unit, input))
}

async function principalOf(c: Context<Env>, work: Work, call: Call): Promise<Principal> {
  const secret = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  if (secret === undefined) throw failure('TOKEN_MISSING', 'send a token: Authorization: Bearer tok_…')
  const principal = await work.anybody(call, (unit) => authenticate(unit, secret))
  c.set('principal', principal)
  return principal
}

function parse(c: Context<Env>, route: Route, body: unknown, { publicUrl }: Access): Input<unknown, unknown, unknown> {
  const params = route.params?.safeParse(pathParams(c, route.path))
  // an id of another kind, or none, is the id of nothing
  if (params?.success === false) throw failure('RESOURCE_NOT_FOUND', 'there is nothing under this id')
  return {
    params: params?.data,
    query: checked(route.query, c.req.query(), (pointer) => pointer.slice(1)),
    body: checked(route.body, body),
    ifMatch: parseIfMatch(c.req.header('if-match')),
    ifNoneMatch: parseIfMatch(c.req.header('if-none-match')),
    caller: {
      ip: addressOf(c),
      origin: c.req.header('origin'),
      pageUrl: c.req.header('referer'),
      baseUrl: publicUrl ?? new URL(c.req.url).origin,
    },
  }
}

/** What the two servers put into `env`: Node its request, Lambda its event. */
interface Bindings {
  incoming?: { socket?: { remoteAddress?: string } }
  event?: { requestContext?: { http?: { sourceIp?: string } } }
}

function addressOf(c: Context<Env>): string | undefined {
  const { incoming, event } = (c.env ?? {}) as Bindings
  const address = incoming?.socket?.remoteAddress ?? event?.requestContext?.http?.sourceIp
  return address?.replace(/^::ffff:(?=\d+\.)/i, '')
}

function checked(schema: z.ZodType | undefined, value: unknown, name = (pointer: string) => pointer): unknown {
  if (schema === undefined) return undefined
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new RequestInvalid(faultsOf(result.error).map((fault) => ({ ...fault, pointer: name(fault.pointer) })))
}

/** Of `If-Match` and `If-None-Match`. @see RFC 9110 §13.1.1, §13.1.2 */
function parseIfMatch(header: string | undefined): IfMatch {
  if (header === undefined) return undefined
  return header.trim() === '*' ? '*' : header.split(',').map((tag) => tag.trim())
}

async function answer(
  c: Context<Env>,
  { status, body, text, version, headers = {}, replayed }: Reply & { replayed?: boolean },
): Promise<Response> {
  const response =
    text === undefined
      ? new Response(body === undefined ? null : JSON.stringify(body), { status, headers })
      : await textResponse(text, { status, headers: new Headers(headers) }, c.req.header('accept-encoding'))
  if (body !== undefined) response.headers.set('content-type', 'application/json')
  const corsOrigin = response.headers.get('access-control-allow-origin')
  if (corsOrigin !== null) c.set('corsOrigin', corsOrigin)
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store')
  const rate = c.get('rate')
  for (const [name, value] of Object.entries(rate === undefined ? {} : rateHeaders(rate)))
    response.headers.set(name, value)
  if (version !== undefined) response.headers.set('etag', `"${version}"`)
  if (replayed === true) response.headers.set('idempotency-replayed', 'true')
  const next = isPage(body) ? body.next : null
  if (next !== null) {
    const url = new URL(c.req.url)
    url.searchParams.set('after', next)
    response.headers.set('link', `<${url.pathname}${url.search}>; rel="next"`)
  }
  return response
}

function isPage(body: unknown): body is { next: string | null } {
  return typeof body === 'object' && body !== null && 'has_more' in body && 'next' in body
}

const VERB = /\{(\w+)\}(:[\w-]+)$/

/** `/v1/x/{id}` as Hono writes it; in `/v1/x/{id}:verb` the verb is part of the last segment. */
function honoPath(path: string): string {
  return path.replace(VERB, ':$1{[^/:]+$2}').replaceAll(/\{(\w+)\}(?=\/|$)/g, ':$1')
}

function pathParams(c: Context<Env>, path: string): Record<string, string> {
  const params = { ...c.req.param() } as Record<string, string>
  const [, name, verb] = VERB.exec(path) ?? []
  if (name !== undefined && verb !== undefined) params[name] = params[name]!.slice(0, -verb.length)
  return params
}
