import type { Job } from '@millrace/contracts'
import { appendEvent, endSessionsOfOtherBoots, nodes, notifyRouting } from '@millrace/db'
import { eq } from 'drizzle-orm'

import { startCommandJob } from './command-jobs.ts'
import { failure } from './failures.ts'
import { aliveSince, type NodeRow } from './nodes.ts'
import { requireOperator } from './projects.ts'
import { audit, type WriteUnit } from './unit.ts'

/**
 * Takes a node out of service: it takes no new publishers and players, hands long-lived jobs over, and lets the rest end. It
 * stays so over its boots until `undrainNode`.
 */
export async function drainNode(unit: WriteUnit, id: string): Promise<Job> {
  const node = await lockNode(unit, id)
  await unit.db
    .update(nodes)
    .set({ desiredState: 'draining', ...(node.state === 'lost' ? {} : { state: 'draining' as const }) })
    .where(eq(nodes.id, id))
  await audit(unit, 'node.drained', { type: 'node', id })
  if (node.desiredState !== 'draining') {
    await appendEvent(unit.db, {
      projectId: unit.principal.projectId,
      type: 'node.draining',
      subject: { type: 'node', id },
      timestamp: unit.now,
      data: { name: node.name, region: node.region },
    })
  }
  await notifyRouting(unit.db)
  return startCommandJob(unit, 'node.drain', { type: 'node', id }, [{ nodeId: id, command: { type: 'drain' } }])
}

/** Puts a node into service again. */
export async function undrainNode(unit: WriteUnit, id: string): Promise<Job> {
  const node = await lockNode(unit, id)
  await unit.db
    .update(nodes)
    .set({ desiredState: 'ready', ...(node.state === 'draining' ? { state: 'ready' as const } : {}) })
    .where(eq(nodes.id, id))
  await audit(unit, 'node.undrained', { type: 'node', id })
  await notifyRouting(unit.db)
  return startCommandJob(unit, 'node.undrain', { type: 'node', id }, [{ nodeId: id, command: { type: 'undrain' } }])
}

/** Forgets a node that is gone for good; what it had on air ends as `node_lost`. Throws `NODE_ALIVE`. */
export async function deleteNode(unit: WriteUnit, id: string): Promise<void> {
  const node = await lockNode(unit, id)
  if (node.state !== 'lost' && node.lastSeenAt > aliveSince(unit.now)) {
    throw failure('NODE_ALIVE', 'it was heard of a moment ago: stop it first')
  }
  await endSessionsOfOtherBoots(unit, id, '')
  await unit.db.delete(nodes).where(eq(nodes.id, id))
  await audit(unit, 'node.deleted', { type: 'node', id }, { name: node.name })
}

async function lockNode(unit: WriteUnit, id: string): Promise<NodeRow> {
  await requireOperator(unit)
  const [row] = await unit.db.select().from(nodes).where(eq(nodes.id, id)).for('update')
  if (row === undefined) throw failure('NODE_NOT_FOUND', `no node ${id}`)
  return row
}
