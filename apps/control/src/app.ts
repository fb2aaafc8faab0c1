import type { Keyring } from '@millrace/auth'
import type { Logger } from '@millrace/core'
import type { Db } from '@millrace/db'
import { Stores, type StoresOptions } from '@millrace/storage'
import type { Tracer } from '@millrace/telemetry'
import { createAddressGuard } from '@millrace/address-guard'
import { Hono } from 'hono'

import { crossOrigin } from './http/cors.ts'
import { mountDocs } from './http/docs.ts'
import { observeRequests, type RequestMetrics } from './http/observe.ts'
import { mountObjects } from './http/objects.ts'
import { openApiDocument } from './http/openapi.ts'
import { failureCode, problemResponse } from './http/problem.ts'
import { type Env, mount } from './http/serve.ts'
import { type DrainDeps, mountDrain } from './internal/drain.ts'
import { routes } from './routes/index.ts'
import { failure } from './services/failures.ts'
import { HookGate } from './services/hook-gate.ts'
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
  /** Where the API is for everybody, default where each request found it. */
  publicUrl?: string | undefined
  /** For `POST /internal/drain`, which is there only with it. */
  drain?: DrainDeps
  /** For `GET /metrics`, which is there only with it. */
  metrics?: RequestMetrics
  /** Each request is a span; default none. */
  tracer?: Tracer
  /** Networks that admission hooks may be in although they are not public, default none. */
  hookAllow?: readonly string[]
  /** Where storages may be beside public addresses, default nowhere. */
  storage?: Pick<StoresOptions, 'allow' | 'directories' | 'retry'>
  /** By each token but those of nodes; default no limit. Projects may have their own. */
  requestsPerMinute?: number | undefined
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
  publicUrl,
  drain,
  metrics,
  tracer,
  hookAllow = [],
  storage = { allow: [], directories: [] },
  requestsPerMinute,
  now = () => new Date(),
}: ControlDeps): ControlApp {
  const app = new Hono<Env>()
  // the gate only spares hooks and this process: another copy has one of its own
  const hooks = { guard: createAddressGuard(hookAllow), gate: new HookGate() }
  const stores = new Stores({ keyring, ...storage })
  const work = createWork({ db, keyring, log, tracer, hooks, stores, requestsPerMinute, now })

  observeRequests(app, { log, metrics, tracer })
  app.use(crossOrigin(corsOrigins))
  for (const route of routes(version)) mount(app, route, work, { publicUrl })
  const document = JSON.stringify(openApiDocument(routes(version), version))
  app.get('/v1/openapi.json', (c) => c.body(document, 200, { 'content-type': 'application/json' }))
  mountDocs(app)
  mountObjects(app, work)
  metrics?.mount(app)
  if (drain !== undefined) mountDrain(app, drain, log)
  app.notFound((c) =>
    problemResponse(failure('ROUTE_NOT_FOUND', `there is no ${c.req.method} here: see /docs`), c.get('requestId'), log),
  )
  app.onError((error, c) => {
    c.get('notes')['code'] = failureCode(error)
    return problemResponse(error, c.get('requestId'), log)
  })
  return app
}
