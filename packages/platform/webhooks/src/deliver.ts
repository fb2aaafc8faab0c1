import { open } from '@millrace/auth'
import { errorCode, errorMessage } from '@millrace/core'
import { appendEvent, deliveries, toEvent, transaction, webhookEndpoints, type Tx } from '@millrace/db'
import { activeTraceparent, passingTracer } from '@millrace/telemetry'
import { and, asc, eq, sql } from 'drizzle-orm'

import { noteFailure, noteSuccess } from './circuit.ts'
import { dateOf, nowOf } from './clock.ts'
import { DEFAULT_TIMEOUT_MS, type WebhookDeps } from './deps.ts'
import { guardedPost, type PostAnswer } from './guarded-post.ts'
import { acquire, isPending, settle, type Attempt, type Lease, type NoLease, type Verdict } from './lease.ts'
import { signedHeaders } from './message.ts'
import { DEFAULT_SCHEDULE_MS, retryAfterMs, retryDelayMs } from './schedule.ts'

/** What came of looking after one delivery. */
export type DeliveryOutcome = NoLease | { state: 'attempted'; verdict: Verdict; lease: Lease }

const GONE = 410
const MAX_ERROR_CHARS = 300

/**
 * Makes the next attempt of a delivery, if its time and turn have come: posts the signed event, logs the attempt, and
 * settles what comes next. Never rejects because of the receiver; rejects when the database is away.
 */
export async function deliver(deps: WebhookDeps, deliveryId: string): Promise<DeliveryOutcome> {
  const lease = await acquire(deps, deliveryId)
  if (lease.state !== 'leased') return lease
  const startedMs = performance.now()
  const result = await tracedPost(deps, lease)
  const attempt: Attempt = {
    durationMs: Math.round(performance.now() - startedMs),
    statusCode: result.answer?.statusCode ?? null,
    error: result.error,
    excerpt: result.answer?.excerpt ?? null,
  }
  const verdict = judge(deps, lease, result.answer)
  await transaction(deps.db, async (tx) => {
    // the endpoint's row first, as in acquire()
    if (attempt.statusCode === GONE) await disableEndpoint(tx, deps, lease)
    else await noteHealth(tx, deps, lease, attempt, verdict)
    await settle(tx, deps, lease, attempt, verdict)
  })
  logAttempt(deps, lease, attempt, verdict)
  deps.onAttempt?.({
    result: verdict.status === 'pending' ? 'retried' : verdict.status,
    durationMs: attempt.durationMs,
    sinceEventMs: Date.now() - lease.event.createdAt.getTime(),
  })
  return { state: 'attempted', verdict, lease }
}

/** The next unfinished delivery in the same lane: of the same endpoint, about the same subject. */
export async function nextInLane({ db }: WebhookDeps, { delivery }: Lease): Promise<string | undefined> {
  const [row] = await db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.endpointId, delivery.endpointId),
        eq(deliveries.subjectType, delivery.subjectType),
        eq(deliveries.subjectId, delivery.subjectId),
        isPending,
      ),
    )
    .orderBy(asc(deliveries.seq))
    .limit(1)
  return row?.id
}

async function noteHealth(
  tx: Tx,
  deps: WebhookDeps,
  { endpoint }: Lease,
  attempt: Attempt,
  verdict: Verdict,
): Promise<void> {
  if (verdict.status === 'succeeded') {
    // mostly there is nothing to take back, and the row stays as it is
    if (endpoint.failures > 0) await noteSuccess(tx, deps, endpoint)
    return
  }
  // what we broke off says nothing about the receiver
  if (attempt.statusCode !== null || deps.signal?.aborted !== true) await noteFailure(tx, deps, endpoint)
}

function tracedPost(deps: WebhookDeps, lease: Lease): ReturnType<typeof post> {
  const { delivery, event } = lease
  const attributes = {
    'millrace.delivery': delivery.id,
    'millrace.event': event.id,
    'millrace.attempt': delivery.attempts,
  }
  const options = { kind: 'client', parent: event.traceparent ?? undefined, attributes } as const
  return (deps.tracer ?? passingTracer).run(`webhook ${event.type}`, options, async (span) => {
    const result = await post(deps, lease)
    if (result.answer) span.set({ 'http.response.status_code': result.answer.statusCode })
    else span.set({ 'error.type': result.error?.split(':')[0] ?? 'UNKNOWN' })
    return result
  })
}

async function post(
  deps: WebhookDeps,
  { endpoint, event }: Lease,
): Promise<{ answer?: PostAnswer; error: string | null }> {
  try {
    const body = JSON.stringify(toEvent(event))
    const traceparent = activeTraceparent()
    const headers = {
      ...signedHeaders(event.id, new Date(), body, secretsOf(deps, endpoint)),
      ...(traceparent === undefined ? {} : { traceparent }),
    }
    const request = { url: endpoint.url, headers, body, timeoutMs: deps.timeoutMs ?? DEFAULT_TIMEOUT_MS }
    const signal = deps.signal && { signal: deps.signal }
    return { answer: await guardedPost({ ...request, ...signal }, deps.guard), error: null }
  } catch (error) {
    return { error: `${errorCode(error)}: ${errorMessage(error)}`.slice(0, MAX_ERROR_CHARS) }
  }
}

/** The secrets to sign with: while one is being replaced, the old one too. */
function secretsOf(deps: WebhookDeps, { id, ...row }: Lease['endpoint']): string[] {
  const overlaps = row.previousSecretUntil !== null && row.previousSecretUntil > dateOf(deps)
  return [row.secretSealed, overlaps ? row.previousSecretSealed : null].flatMap((sealed) =>
    sealed === null ? [] : open(deps.keyring, sealed, id),
  )
}

function judge(deps: WebhookDeps, { delivery }: Lease, answer: PostAnswer | undefined): Verdict {
  const statusCode = answer?.statusCode ?? 0
  if (statusCode >= 200 && statusCode < 300) return { status: 'succeeded' }
  if (statusCode === GONE) return { status: 'failed' }
  if (answer === undefined && deps.signal?.aborted) return { status: 'pending', retryInMs: 0 }
  const tries = delivery.attempts - delivery.earlierAttempts
  const askedMs = retryAfterMs(answer?.retryAfter, Date.now())
  const retryInMs = retryDelayMs(tries, askedMs, { scheduleMs: deps.scheduleMs ?? DEFAULT_SCHEDULE_MS })
  return retryInMs === undefined ? { status: 'failed' } : { status: 'pending', retryInMs }
}

/** The receiver wants no more: turns the endpoint off, gives up what waits for it, and tells the other endpoints. */
async function disableEndpoint(tx: Tx, deps: WebhookDeps, { endpoint }: Lease): Promise<void> {
  const { id, projectId, url } = endpoint
  const reason = `the endpoint answered ${GONE}`
  const [disabled] = await tx
    .update(webhookEndpoints)
    .set({ enabled: false, disabledReason: reason, version: sql`${webhookEndpoints.version} + 1` })
    .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.enabled, true)))
    .returning()
  if (!disabled) return
  await tx
    .update(deliveries)
    .set({ status: 'failed', nextAttemptAt: null, completedAt: nowOf(deps), lastError: 'WEBHOOK_ENDPOINT_DISABLED' })
    .where(and(eq(deliveries.endpointId, id), eq(deliveries.status, 'pending')))
  await appendEvent(tx, {
    projectId,
    type: 'webhook_endpoint.disabled',
    subject: { type: 'webhook_endpoint', id },
    data: { url, reason },
  })
}

function logAttempt({ log }: WebhookDeps, { delivery, event }: Lease, attempt: Attempt, verdict: Verdict): void {
  const fields = {
    delivery: delivery.id,
    endpoint: delivery.endpointId,
    event: event.id,
    type: event.type,
    attempt: delivery.attempts,
    status: attempt.statusCode,
    error: attempt.error,
    ms: attempt.durationMs,
  }
  if (verdict.status === 'succeeded') log.info(fields, 'webhook delivered')
  else if (verdict.status === 'failed') log.warn(fields, 'webhook given up')
  else log.info({ ...fields, retryInMs: verdict.retryInMs }, 'webhook failed, will be tried again')
}
