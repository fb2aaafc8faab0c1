import type { Keyring } from '@millrace/auth'
import type { Logger } from '@millrace/core'
import { type Db, newId } from '@millrace/db'
import { Hono } from 'hono'
import { cors } from 'hono/cors'

import { mountDocs } from './http/docs.ts'
import { openApiDocument } from './http/openapi.ts'
import { problemResponse } from './http/problem.ts'
import { type Env, mount } from './http/serve.ts'
import { type DrainDeps, mountDrain } from './internal/drain.ts'
import { routes } from './routes/index.ts'
import { failure } from './services/failures.ts'
import { createWork } from './services/work.ts'

/** What the control plane runs on. */
export interface ControlDeps {
  db: Db
  keyring: Keyring
  log: Logger
  /** Of the program: shown in `/v1/health` and the OpenAPI document. */
  version: string
  /** Web origins that may call from a browser, default all: requests carry tokens, never cookies. */
  corsOrigins?: readonly string[]
  /** For `POST /internal/drain`, which is there only with it. */
  drain?: DrainDeps
  /** Default the system's clock. */
  now?: () => Date
}

/** The application; `fetch(request)` serves it. */
export type ControlApp = Hono<Env>

/** Builds the control plane's HTTP application. It keeps nothing in memory that another copy would need. */
export function createApp({
  db,
  keyring,
  log,
  version,
  corsOrigins,
  drain,
  now = () => new Date(),
}: ControlDeps): ControlApp {
  const app = new Hono<Env>()
  const work = createWork({ db, keyring, log, now })

  app.use(async (c, next) => {
    const startedMs = performance.now()
    const given = c.req.header('x-request-id')
    const requestId = given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : newId('request')
    c.set('requestId', requestId)
    await next()
    c.res.headers.set('x-request-id', requestId)
    logRequest(log, c.req, {
      status: c.res.status,
      duration_ms: Math.round((performance.now() - startedMs) * 10) / 10,
      request_id: requestId,
      token_id: c.get('tokenId'),
    })
  })
  app.use(
    cors({
      origin: corsOrigins === undefined ? '*' : [...corsOrigins],
      allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'x-request-id'],
      exposeHeaders: ['etag', 'link', 'location', 'retry-after', 'idempotency-replayed', 'x-request-id'],
      maxAge: 600,
    }),
  )
  for (const route of routes(version)) mount(app, route, work)
  const document = JSON.stringify(openApiDocument(routes(version), version))
  app.get('/v1/openapi.json', (c) => c.body(document, 200, { 'content-type': 'application/json' }))
  mountDocs(app)
  if (drain !== undefined) mountDrain(app, drain, log)
  app.notFound((c) =>
    problemResponse(failure('ROUTE_NOT_FOUND', `there is no ${c.req.method} here: see /docs`), c.get('requestId'), log),
  )
  app.onError((error, c) => problemResponse(error, c.get('requestId'), log))
  return app
}

/** One line per request; what nodes and probes send all the time only for those who debug. */
function logRequest(
  log: Logger,
  { method, path }: { method: string; path: string },
  fields: Record<string, unknown>,
): void {
  const routine = path.startsWith('/node/') || path === '/v1/health'
  const line = { method, path, ...fields }
  if (routine) log.debug(line, 'request')
  else log.info(line, 'request')
}
