import { isBearer } from '@millrace/auth'
import type { Logger } from '@millrace/core'
import { newId } from '@millrace/db'
import { CONTROL_METRICS, createMetrics, passingTracer, readTraceparent, type Tracer } from '@millrace/telemetry'
import type { Context, Hono } from 'hono'

import { failure } from '../services/failures.ts'
import type { Env } from './serve.ts'

/** A request that has been answered. */
interface Answered {
  route: string
  status: number
  seconds: number
}

/** Counts requests for `/metrics`. */
export class RequestMetrics {
  readonly #metrics = createMetrics()
  readonly #requests = this.#metrics.counter(CONTROL_METRICS.requests)
  readonly #seconds = this.#metrics.histogram(CONTROL_METRICS.requestSeconds)
  readonly #admissions = this.#metrics.counter(CONTROL_METRICS.admissions)
  readonly #token: string | undefined

  /** @param token what `/metrics` asks for; undefined for nothing */
  constructor(token?: string) {
    this.#token = token
  }

  /** Takes an answer into account. */
  answered(c: Context<Env>, { route, status, seconds }: Answered): void {
    const { method } = c.req
    this.#requests.inc({ method, route, status })
    this.#seconds.observe({ method, route }, seconds)
    const { admission, action } = c.get('notes')
    if (admission !== undefined) this.#admissions.inc({ action: String(action), result: String(admission) })
  }

  /** Mounts `GET /metrics`. */
  mount(app: Hono<Env>): void {
    app.get('/metrics', async (c) => {
      if (this.#token !== undefined && !isBearer(c.req.header('authorization'), this.#token)) {
        throw failure('TOKEN_INVALID', 'send the metrics token: Authorization: Bearer …')
      }
      const headers = { 'content-type': this.#metrics.contentType, 'cache-control': 'no-store' }
      return c.body(await this.#metrics.render(), 200, headers)
    })
  }
}

/** What requests are told to. */
export interface Observers {
  log: Logger
  metrics?: RequestMetrics | undefined
  tracer?: Tracer | undefined
}

/** Gives each request its id, and writes one wide line and one span for it when it is answered; to be mounted first. */
export function observeRequests(app: Hono<Env>, { log, metrics, tracer = passingTracer }: Observers): void {
  app.use((c, next) => {
    const startedMs = performance.now()
    const given = c.req.header('x-request-id')
    const requestId = given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : newId('request')
    c.set('requestId', requestId)
    c.set('notes', {})
    const { method } = c.req
    const parent = readTraceparent(c.req.header('traceparent'))
    return tracer.run(method, { kind: 'server', parent }, async (span) => {
      await next()
      c.res.headers.set('x-request-id', requestId)
      const durationMs = performance.now() - startedMs
      const { status } = c.res
      // paths that strangers make up are without number
      const route = c.get('route') ?? 'other'
      span.name(`${method} ${route}`)
      span.set({ 'http.request.method': method, 'http.route': route, 'http.response.status_code': status })
      metrics?.answered(c, { route, status, seconds: durationMs / 1000 })
      logRequest(c, log, { route, status, duration_ms: Math.round(durationMs * 10) / 10, request_id: requestId })
    })
  })
}

/** What nodes and probes send all the time only for those who debug. */
function logRequest(c: Context<Env>, log: Logger, fields: Record<string, unknown>): void {
  const { method, path } = c.req
  const principal = c.get('principal')
  const line = {
    method,
    path,
    ...fields,
    ...(principal && { token_id: principal.tokenId, project_id: principal.projectId }),
    ...c.get('notes'),
  }
  const routine = path.startsWith('/node/') || path === '/v1/health' || path === '/metrics'
  if (routine) log.debug(line, 'request')
  else log.info(line, 'request')
}
