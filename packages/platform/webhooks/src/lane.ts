import { deliver, nextInLane } from './deliver.ts'
import type { WebhookDeps } from './deps.ts'
import { dueDeliveries } from './due.ts'

/** Deliveries to look after once more. */
export interface ToDo {
  id: string
  delayMs: number
}

/** When to leave the rest of a lane to others. */
export interface LaneLimits {
  /** Asked before each further delivery, for shutting down. */
  stopping?: () => boolean
  /** Longest stay in one lane, default 10 000 ms. */
  maxMs?: number
}

/** What came of looking after a lane. */
export interface LaneDone {
  /** Attempts made. */
  attempts: number
  /** What is to be looked after next, some of it now, some after a delay. */
  toDo: readonly ToDo[]
}

/**
 * Looks after a delivery, and after those behind it in its lane as long as they succeed or are given up, one after the
 * other.
 */
export async function deliverLane(deps: WebhookDeps, deliveryId: string, limits: LaneLimits = {}): Promise<LaneDone> {
  const { stopping = () => false, maxMs = 10_000 } = limits
  const startedMs = performance.now()
  for (let id = deliveryId, attempts = 0; ; attempts++) {
    const outcome = await deliver(deps, id)
    if (outcome.state === 'later') return { attempts, toDo: [{ id, delayMs: outcome.inMs }] }
    if (outcome.state !== 'attempted') return { attempts, toDo: [] }
    const { verdict, lease } = outcome
    const { endpointId } = lease.delivery
    if (verdict.status === 'pending') {
      // this lane pauses: its place goes to another one
      return { attempts: attempts + 1, toDo: [{ id, delayMs: verdict.retryInMs }, ...(await dueNow(deps, endpointId))] }
    }
    const next = await nextInLane(deps, lease)
    if (next === undefined) return { attempts: attempts + 1, toDo: await dueNow(deps, endpointId) }
    if (stopping() || performance.now() - startedMs > maxMs) {
      return { attempts: attempts + 1, toDo: [{ id: next, delayMs: 0 }] }
    }
    id = next
  }
}

async function dueNow(deps: WebhookDeps, endpointId: string): Promise<ToDo[]> {
  return (await dueDeliveries(deps, { endpointId })).map((id) => ({ id, delayMs: 0 }))
}
