import { deliveries, webhookEndpoints } from '@millrace/db'
import { and, asc, eq } from 'drizzle-orm'

import type { WebhookDeps } from './deps.ts'
import { freeSlots, isDue } from './lease.ts'

/**
 * Ids of deliveries whose time and turn have come, oldest first: at most as many per endpoint as may run now.
 *
 * @param options.endpointId of this endpoint alone
 * @param options.limit most ids, default 1000
 */
export async function dueDeliveries(
  deps: WebhookDeps,
  options: { endpointId?: string; limit?: number } = {},
): Promise<string[]> {
  const { endpointId, limit = 1000 } = options
  const due = deps.db
    .select({ id: deliveries.id, nextAttemptAt: deliveries.nextAttemptAt })
    .from(deliveries)
    .where(and(eq(deliveries.endpointId, webhookEndpoints.id), isDue(deps)))
    .orderBy(asc(deliveries.nextAttemptAt), asc(deliveries.id))
    .limit(freeSlots(deps) as unknown as number)
    .as('due')
  const rows = await deps.db
    .select({ id: due.id })
    .from(webhookEndpoints)
    .crossJoinLateral(due)
    .where(
      and(
        eq(webhookEndpoints.enabled, true),
        endpointId === undefined ? undefined : eq(webhookEndpoints.id, endpointId),
      ),
    )
    .orderBy(asc(due.nextAttemptAt))
    .limit(limit)
  return rows.map(({ id }) => id)
}
