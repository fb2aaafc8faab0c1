import { kickWorker, webhookEndpoints, type Tx } from '@millrace/db'
import { and, eq, gt, inArray, sql, type SQL, type SQLWrapper } from 'drizzle-orm'

import { nowOf } from './clock.ts'
import { DEFAULT_MAX_PER_ENDPOINT, type CircuitOptions, type WebhookDeps } from './deps.ts'

/**
 * The circuit breaker of an endpoint. `closed`: posts run. `open`: nothing is posted, and no delivery uses up an attempt.
 * `half_open`: one post at a time tries whether the receiver is back.
 */
export type CircuitState = 'closed' | 'open' | 'half_open'

/** `WebhookDeps.circuit` where it isn't given. */
const DEFAULT_CIRCUIT: CircuitOptions = { failures: 10, cooldownMs: 5000, maxCooldownMs: 300_000 }

type Endpoint = typeof webhookEndpoints.$inferSelect

/** The state of a circuit at a moment. */
export function circuitState(
  { circuitOpens, circuitUntil }: Pick<Endpoint, 'circuitOpens' | 'circuitUntil'>,
  now: Date,
): CircuitState {
  if (circuitOpens === 0) return 'closed'
  return circuitUntil !== null && circuitUntil > now ? 'open' : 'half_open'
}

/** How many posts a circuit lets run at the same time; for a query that has `webhook_endpoints` in it. */
export function circuitSlots(deps: WebhookDeps): SQL {
  const { circuitOpens, circuitUntil } = webhookEndpoints
  const max = deps.maxPerEndpoint ?? DEFAULT_MAX_PER_ENDPOINT
  return sql`case when ${circuitOpens} = 0 then ${max}::int when ${circuitUntil} > ${nowOf(deps)} then 0 else 1 end`
}

// the ETag and the date of change are the settings'
const unchanged = { updatedAt: sql`${webhookEndpoints.updatedAt}` }

/** Counts a failed attempt, which may open the circuit, or open it again. */
export async function noteFailure(tx: Tx, deps: WebhookDeps, { id }: Pick<Endpoint, 'id'>): Promise<void> {
  const { failures: most, cooldownMs, maxCooldownMs } = { ...DEFAULT_CIRCUIT, ...deps.circuit }
  const { failures, circuitOpens, circuitUntil } = webhookEndpoints
  const now = nowOf(deps)
  // of posts that fail together, the first opens it
  const opens = sql`${failures} + 1 >= ${most}::int and coalesce(${circuitUntil}, '-infinity') <= ${now}`
  const cooldown = sql`least(${maxCooldownMs}::float8, ${cooldownMs}::float8 * 2 ^ least(${circuitOpens}, 30))`
  await tx
    .update(webhookEndpoints)
    .set({
      ...unchanged,
      failures: sql`${failures} + 1`,
      circuitOpens: sql`${circuitOpens} + (${opens})::int`,
      circuitUntil: sql`case when ${opens} then ${now} + ${cooldown} * interval '1 millisecond' else ${circuitUntil} end`,
    })
    .where(eq(webhookEndpoints.id, id))
}

/** Notes a success: closes the circuit, and makes due what waits for a later attempt only because the receiver was away. */
export async function noteSuccess(tx: Tx, deps: WebhookDeps, { id }: Pick<Endpoint, 'id'>): Promise<void> {
  const [before] = await tx
    .select({ opens: webhookEndpoints.circuitOpens })
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.id, id))
    .for('no key update')
  if (!before) return
  await tx
    .update(webhookEndpoints)
    .set({ ...unchanged, ...CLOSED_CIRCUIT })
    .where(eq(webhookEndpoints.id, id))
  if (before.opens === 0) return
  // by the outbox: the queue has them with a delay
  await tx.execute(sql`
    insert into outbox (kind, delivery_id)
    select 'retry', id from deliveries
    where endpoint_id = ${id} and status = 'pending' and next_attempt_at > ${nowOf(deps)} order by next_attempt_at`)
  await kickWorker(tx)
}

/** Columns of an endpoint whose circuit is closed. */
export const CLOSED_CIRCUIT = { failures: 0, circuitOpens: 0, circuitUntil: null } as const

/** Somebody asked for a post now: open circuits of these endpoints let one try. */
export async function halfOpen(tx: Tx, deps: WebhookDeps, endpointIds: string[] | SQLWrapper): Promise<void> {
  const now = nowOf(deps)
  await tx
    .update(webhookEndpoints)
    .set({ ...unchanged, circuitUntil: now })
    .where(and(inArray(webhookEndpoints.id, endpointIds), gt(webhookEndpoints.circuitUntil, now)))
}
