import type { EventType } from '@millrace/contracts'
import { and, eq, lt, ne } from 'drizzle-orm'

import { transaction, type Db, type Tx } from './connect.ts'
import { isExpired, LEASE_TTL_MS, lostBefore } from './leases.ts'
import { appendEvent } from './outbox.ts'
import { nodes, projects, streamLeases, viewers } from './schema.ts'

type NodeRow = typeof nodes.$inferSelect
type NodeEvent = Extract<EventType, `node.${string}`>

/** Tells what happened to a node, in the caller's transaction. Nodes serve all tenants; their events go to the default project. */
export async function tellNode(
  unit: { db: Tx; now: Date },
  type: NodeEvent,
  { id, name, region }: Pick<NodeRow, 'id' | 'name' | 'region'>,
): Promise<void> {
  const [project] = await unit.db.select({ id: projects.id }).from(projects).where(eq(projects.name, 'default'))
  if (project === undefined) return
  await appendEvent(unit.db, {
    projectId: project.id,
    type,
    subject: { type: 'node', id },
    timestamp: unit.now,
    data: { name, region },
  })
}

/**
 * Gives up the nodes that were not heard of for `silenceMs`: they are `lost`, and nobody watches there any more. Their
 * broadcasts have leases of their own. For whoever runs it every second or so; any number may at the same time.
 */
export async function reapNodes(db: Db, now: Date, silenceMs: number): Promise<number> {
  const before = await lostBefore(db, now, silenceMs)
  if (before === undefined) return 0
  const silent = and(ne(nodes.state, 'lost'), lt(nodes.lastSeenAt, before))
  const rows = await db.select({ id: nodes.id }).from(nodes).where(silent)
  let lost = 0
  for (const { id } of rows) {
    await transaction(db, async (tx) => {
      const [row] = await tx
        .update(nodes)
        .set({ state: 'lost' })
        .where(and(eq(nodes.id, id), silent))
        .returning()
      if (row === undefined) return
      await tx.delete(viewers).where(eq(viewers.nodeId, id))
      await tellNode({ db: tx, now }, 'node.lost', row)
      lost++
    })
  }
  return lost
}

/**
 * Whether somebody is silent, a node or a broadcast, of whom it can't be said yet that it is lost: control has not been
 * listening for long enough.
 */
export async function mustListen(db: Db, now: Date, nodeSilenceMs: number): Promise<boolean> {
  const deaf = async (silenceMs: number): Promise<boolean> => (await lostBefore(db, now, silenceMs)) === undefined
  const silentSince = new Date(now.getTime() - nodeSilenceMs)
  const silent = and(ne(nodes.state, 'lost'), lt(nodes.lastSeenAt, silentSince))
  if ((await deaf(nodeSilenceMs)) && (await db.$count(nodes, silent)) > 0) return true
  return (await deaf(LEASE_TTL_MS)) && (await db.$count(streamLeases, isExpired(now))) > 0
}
