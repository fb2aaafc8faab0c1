import type { WebhookDeps } from './deps.ts'
import { dueDeliveries } from './due.ts'
import { deliverLane } from './lane.ts'
import { drainOutbox } from './outbox.ts'
import { runRedeliverJobs } from './redeliver-job.ts'

export interface DrainLimits {
  /** No attempt begins after this, default 10 000 ms; those that run are waited for. */
  maxMs?: number
  /** Lanes looked after at the same time, default 20. */
  concurrency?: number
}

/** What a drain did. */
export interface DrainReport {
  /** Deliveries made from the outbox. */
  created: number
  /** Attempts made. */
  attempts: number
  /** Whether nothing that is due was left, for want of time. */
  complete: boolean
}

/**
 * Does without queue or long-lived process what the worker does: turns the outbox into deliveries and makes the attempts
 * that are due, for a bounded time. Any number may run at once, beside workers too: the leases keep them apart.
 */
export async function drainWebhooks(deps: WebhookDeps, limits: DrainLimits = {}): Promise<DrainReport> {
  const { maxMs = 10_000, concurrency = 20 } = limits
  const endMs = performance.now() + maxMs
  const stopping = (): boolean => performance.now() >= endMs
  const report: DrainReport = { created: 0, attempts: 0, complete: false }
  while (!stopping()) {
    await runRedeliverJobs(deps, stopping)
    report.created += (await drainOutbox(deps)).created
    const attempts = await attemptAll(deps, await dueDeliveries(deps), concurrency, stopping)
    report.attempts += attempts
    if (attempts === 0) return { ...report, complete: true }
  }
  return report
}

/** Looks after deliveries and what becomes due through them. Returns the number of attempts made. */
async function attemptAll(
  deps: WebhookDeps,
  ids: readonly string[],
  concurrency: number,
  stopping: () => boolean,
): Promise<number> {
  const waiting = new Set(ids)
  let attempts = 0
  async function run(): Promise<void> {
    for (const id of waiting) {
      if (stopping()) return
      waiting.delete(id)
      const done = await deliverLane(deps, id, { stopping })
      attempts += done.attempts
      for (const next of done.toDo) if (next.delayMs <= 0) waiting.add(next.id)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, run))
  return attempts
}
