import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { isBearer } from '@millrace/auth'
import { errorCode, ServiceError, type Scope } from '@millrace/core'
import { deliveries, jobs, outbox, type Db } from '@millrace/db'
import { createMetrics, WORKER_METRICS, type Metrics } from '@millrace/telemetry'
import type { AttemptMade } from '@millrace/webhooks'
import { and, eq, inArray, isNull, lte, or, sql } from 'drizzle-orm'

import type { AttemptEnded } from './work/job-type.ts'

import type { WorkerConfig } from './config.ts'

/** The worker's metrics: what waits is asked of the database at each scrape, attempts are counted as they are made. */
export function createWorkerMetrics(db: Db): {
  metrics: Metrics
  onAttempt: (attempt: AttemptMade) => void
  onJobAttempt: (ended: AttemptEnded) => void
} {
  const metrics = createMetrics()
  const lag = metrics.gauge(WORKER_METRICS.outboxLagSeconds)
  metrics.gauge({
    ...WORKER_METRICS.outboxRows,
    async collect(rows) {
      const [found] = await db
        .select({
          count: sql<number>`count(*)::int`,
          lagSeconds: sql<number>`coalesce(extract(epoch from now() - min(${outbox.createdAt})), 0)::float8`,
        })
        .from(outbox)
      rows.set(found!.count)
      lag.set(found!.lagSeconds)
    },
  })
  metrics.gauge({
    ...WORKER_METRICS.deliveriesDue,
    async collect(due) {
      const untaken = or(isNull(deliveries.leasedUntil), lte(deliveries.leasedUntil, sql`now()`))
      due.set(
        await db.$count(
          deliveries,
          and(eq(deliveries.status, 'pending'), lte(deliveries.nextAttemptAt, sql`now()`), untaken),
        ),
      )
    },
  })
  metrics.gauge({
    ...WORKER_METRICS.jobsUnfinished,
    async collect(unfinished) {
      unfinished.set(await db.$count(jobs, inArray(jobs.status, ['queued', 'running'])))
    },
  })
  const jobAttempts = metrics.counter(WORKER_METRICS.jobAttempts)
  const jobSeconds = metrics.histogram(WORKER_METRICS.jobSeconds)
  const attempts = metrics.counter(WORKER_METRICS.attempts)
  const attemptSeconds = metrics.histogram(WORKER_METRICS.attemptSeconds)
  const deliverySeconds = metrics.histogram(WORKER_METRICS.deliverySeconds)
  return {
    metrics,
    onAttempt({ result, durationMs, sinceEventMs }) {
      attempts.inc({ result })
      attemptSeconds.observe(durationMs / 1000)
      if (result === 'succeeded') deliverySeconds.observe(Math.max(0, sinceEventMs) / 1000)
    },
    onJobAttempt({ type, outcome, durationMs }) {
      jobAttempts.inc({ type, outcome })
      jobSeconds.observe({ type }, durationMs / 1000)
    },
  }
}

/** Serves `GET /metrics` until `scope` closes, and returns the port. Throws ServiceError `LISTEN_FAILED`. */
export async function serveMetrics(
  scope: Scope,
  metrics: Metrics,
  { host, port, token }: NonNullable<WorkerConfig['metrics']>,
): Promise<number> {
  const server = http.createServer((request, response) => {
    if (request.url !== '/metrics') return response.writeHead(404).end()
    if (token !== undefined && !isBearer(request.headers.authorization, token)) {
      return response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
    }
    metrics.render().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      // the database is away, which another program says better
      () => response.writeHead(503).end(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `port ${port} on ${host} cannot be used (${errorCode(cause)})`
      reject(new ServiceError('LISTEN_FAILED', message, { cause }))
    })
    server.listen(port, host, resolve)
  })
  scope.defer(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  })
  return (server.address() as AddressInfo).port
}
