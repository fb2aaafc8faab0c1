import { newWebhookSecret, seal } from '@millrace/auth'
import {
  type Job,
  type Page,
  type PageQuery,
  type WebhookEndpoint,
  type WebhookEndpointCreated,
  type WebhookRedeliver,
  type WebhookSecretRotate,
  type WebhookEndpointSettings,
  webhookEndpointSettingsSchema,
  type WebhookTested,
} from '@millrace/contracts'
import { appendEvent, newId, webhookEndpoints } from '@millrace/db'
import { circuitState, CLOSED_CIRCUIT, REDELIVER_JOB } from '@millrace/webhooks'
import { and, desc, eq, sql } from 'drizzle-orm'

import { failure } from './failures.ts'
import { startJob } from './jobs.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { type IfMatch, patched, requireVersion } from './settings.ts'
import { audit, type ReadUnit, type Versioned, type WriteUnit } from './unit.ts'

type Row = typeof webhookEndpoints.$inferSelect

export async function createWebhookEndpoint(
  unit: WriteUnit,
  input: WebhookEndpointSettings,
): Promise<Versioned<WebhookEndpointCreated>> {
  const id = newId('webhookEndpoint')
  const secret = newWebhookSecret()
  const [row] = await unit.db
    .insert(webhookEndpoints)
    .values({
      id,
      projectId: unit.principal.projectId,
      ...columns(input),
      secretSealed: seal(unit.keyring, secret, id),
    })
    .returning()
  await audit(unit, 'webhook_endpoint.created', { type: 'webhook_endpoint', id }, { url: input.url })
  return { value: { ...present(unit, row!), secret }, version: row!.version }
}

export async function listWebhookEndpoints(unit: ReadUnit, query: PageQuery): Promise<Page<WebhookEndpoint>> {
  const rows = await unit.db
    .select()
    .from(webhookEndpoints)
    .where(and(eq(webhookEndpoints.projectId, unit.principal.projectId), afterCursor(webhookEndpoints.id, query)))
    .orderBy(desc(webhookEndpoints.id))
    .limit(fetchCount(query))
  return toPage(rows, query, (row) => present(unit, row))
}

export async function getWebhookEndpoint(unit: ReadUnit, id: string): Promise<Versioned<WebhookEndpoint>> {
  return versioned(unit, await findWebhookEndpoint(unit, id))
}

export async function updateWebhookEndpoint(
  unit: WriteUnit,
  id: string,
  patch: unknown,
  ifMatch: IfMatch,
): Promise<Versioned<WebhookEndpoint>> {
  const row = await lock(unit, id)
  requireVersion(ifMatch, row.version)
  const settings = patched(webhookEndpointSettingsSchema, { ...row, event_types: row.eventTypes }, patch)
  const [updated] = await unit.db
    .update(webhookEndpoints)
    .set({
      ...columns(settings),
      // whoever turns it on again takes back what the system did
      disabledReason: settings.enabled ? null : row.disabledReason,
      // what was learnt about another URL, or before, says nothing about this one
      ...(settings.url !== row.url || settings.enabled !== row.enabled ? CLOSED_CIRCUIT : {}),
      version: sql`${webhookEndpoints.version} + 1`,
    })
    .where(eq(webhookEndpoints.id, id))
    .returning()
  await audit(unit, 'webhook_endpoint.updated', { type: 'webhook_endpoint', id }, settings)
  return versioned(unit, updated!)
}

/** Deletes an endpoint and what was on its way to it. */
export async function deleteWebhookEndpoint(unit: WriteUnit, id: string, ifMatch: IfMatch): Promise<void> {
  const row = await lock(unit, id)
  requireVersion(ifMatch, row.version)
  await unit.db.delete(webhookEndpoints).where(eq(webhookEndpoints.id, id))
  await audit(unit, 'webhook_endpoint.deleted', { type: 'webhook_endpoint', id }, { url: row.url })
}

/** Sends `test.ping` to this endpoint alone. */
export async function testWebhookEndpoint(unit: WriteUnit, id: string): Promise<WebhookTested> {
  const row = await findWebhookEndpoint(unit, id)
  if (!row.enabled) throw failure('WEBHOOK_ENDPOINT_DISABLED', 'the endpoint is disabled: enable it first')
  const event = await appendEvent(unit.db, {
    projectId: row.projectId,
    type: 'test.ping',
    subject: { type: 'webhook_endpoint', id },
    timestamp: unit.now,
    data: { message: 'a test of this endpoint' },
    endpointId: id,
  })
  await audit(unit, 'webhook_endpoint.tested', { type: 'webhook_endpoint', id })
  return { event_id: event.id }
}

/** Gives an endpoint a new secret; for `overlap_s` signatures are made with both. */
export async function rotateWebhookSecret(
  unit: WriteUnit,
  id: string,
  { overlap_s: overlapS }: WebhookSecretRotate,
  ifMatch: IfMatch,
): Promise<Versioned<WebhookEndpointCreated>> {
  const row = await lock(unit, id)
  requireVersion(ifMatch, row.version)
  const secret = newWebhookSecret()
  const [updated] = await unit.db
    .update(webhookEndpoints)
    .set({
      secretSealed: seal(unit.keyring, secret, id),
      previousSecretSealed: overlapS === 0 ? null : row.secretSealed,
      previousSecretUntil: overlapS === 0 ? null : new Date(unit.now.getTime() + overlapS * 1000),
      version: sql`${webhookEndpoints.version} + 1`,
    })
    .where(eq(webhookEndpoints.id, id))
    .returning()
  await audit(unit, 'webhook_endpoint.secret_rotated', { type: 'webhook_endpoint', id }, { overlap_s: overlapS })
  return { value: { ...present(unit, updated!), secret }, version: updated!.version }
}

/** Starts the redelivery of the events of a time range. */
export async function redeliverToEndpoint(unit: WriteUnit, id: string, input: WebhookRedeliver): Promise<Job> {
  const row = await findWebhookEndpoint(unit, id)
  if (!row.enabled) throw failure('WEBHOOK_ENDPOINT_DISABLED', 'the endpoint is disabled: enable it first')
  const job = await startJob(unit, REDELIVER_JOB, { type: 'webhook_endpoint', id }, input)
  await audit(unit, 'webhook_endpoint.redelivered', { type: 'webhook_endpoint', id }, { ...input, job_id: job.id })
  return job
}

/** The caller's endpoint. Throws `WEBHOOK_ENDPOINT_NOT_FOUND`. */
export async function findWebhookEndpoint(unit: ReadUnit, id: string): Promise<Row> {
  const [row] = await unit.db
    .select()
    .from(webhookEndpoints)
    .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.projectId, unit.principal.projectId)))
  if (row === undefined) throw failure('WEBHOOK_ENDPOINT_NOT_FOUND', `no webhook endpoint ${id}`)
  return row
}

async function lock(unit: WriteUnit, id: string): Promise<Row> {
  const [row] = await unit.db
    .select()
    .from(webhookEndpoints)
    .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.projectId, unit.principal.projectId)))
    .for('update')
  if (row === undefined) throw failure('WEBHOOK_ENDPOINT_NOT_FOUND', `no webhook endpoint ${id}`)
  return row
}

const columns = ({ event_types: eventTypes, ...settings }: WebhookEndpointSettings) => ({ ...settings, eventTypes })

const versioned = (unit: ReadUnit, row: Row): Versioned<WebhookEndpoint> => ({
  value: present(unit, row),
  version: row.version,
})

function present({ now }: ReadUnit, row: Row): WebhookEndpoint {
  const circuit = circuitState(row, now)
  const overlaps = row.previousSecretUntil !== null && row.previousSecretUntil > now
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    event_types: row.eventTypes,
    enabled: row.enabled,
    disabled_reason: row.disabledReason,
    circuit,
    circuit_open_until: circuit === 'open' ? timestamp(row.circuitUntil) : null,
    consecutive_failures: row.failures,
    previous_secret_expires_at: overlaps ? timestamp(row.previousSecretUntil) : null,
    created_at: timestamp(row.createdAt),
    updated_at: timestamp(row.updatedAt),
  }
}
