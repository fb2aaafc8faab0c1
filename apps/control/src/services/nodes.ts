import { relayKeyOf } from '@millrace/auth'
import {
  MAX_UPLOADS,
  type NodeHeartbeat,
  type NodeHeartbeatAnswer,
  type NodeInfo,
  type NodeRegister,
  type NodeRegistered,
  type Page,
  type PageQuery,
} from '@millrace/contracts'
import {
  appendNodeCommand,
  endSessionsOfOtherBoots,
  newId,
  nodes,
  noteAwake,
  noteUploads,
  renewLeases,
  tellNode,
} from '@millrace/db'
import { and, asc, desc, eq, gt } from 'drizzle-orm'

import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { audit, type PublicUnit, type ReadUnit, type WriteUnit } from './unit.ts'

export type NodeRow = typeof nodes.$inferSelect

/** A node that hasn't been heard of for this long is offered to nobody. */
const SILENT_AFTER_MS = 60_000

/** The moment since which a node must have been heard of to count as alive. */
export function aliveSince(now: Date): Date {
  return new Date(now.getTime() - SILENT_AFTER_MS)
}

/** The nodes that take publishers and players now, in order of name. */
export function readyNodes(unit: PublicUnit): Promise<NodeRow[]> {
  return unit.db
    .select()
    .from(nodes)
    .where(and(eq(nodes.state, 'ready'), gt(nodes.lastSeenAt, aliveSince(unit.now))))
    .orderBy(asc(nodes.name))
}

export async function listNodes(unit: ReadUnit, query: PageQuery): Promise<Page<NodeInfo>> {
  const rows = await unit.db
    .select()
    .from(nodes)
    .where(afterCursor(nodes.id, query))
    .orderBy(desc(nodes.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

export async function getNode(unit: ReadUnit, id: string): Promise<NodeInfo> {
  const [row] = await unit.db.select().from(nodes).where(eq(nodes.id, id))
  if (row === undefined) throw failure('NODE_NOT_FOUND', `no node ${id}`)
  return present(row)
}

/** Enters a node, or its next boot: what an earlier boot left open ends as `node_lost`. */
export async function registerNode(unit: WriteUnit, input: NodeRegister): Promise<NodeRegistered> {
  const facts = {
    bootId: input.boot_id,
    version: input.version,
    region: input.region ?? null,
    addresses: input.addresses,
    lastSeenAt: unit.now,
  }
  const [row] = await unit.db
    .insert(nodes)
    .values({ id: newId('node'), name: input.name, registeredAt: unit.now, state: 'ready', ...facts })
    .onConflictDoUpdate({ target: nodes.name, set: { ...facts, state: nodes.desiredState, registeredAt: unit.now } })
    .returning()
  await endSessionsOfOtherBoots(unit, row!.id, input.boot_id)
  // a new process knows nothing of the one before it
  if (row!.state === 'draining') await appendNodeCommand(unit.db, row!.id, { type: 'drain' })
  await tellNode(unit, 'node.joined', row!)
  await audit(unit, 'node.registered', { type: 'node', id: row!.id }, { name: input.name, version: input.version })
  return { node_id: row!.id, relay_key: relayKeyOf(unit.keyring, row!.id, input.boot_id) }
}

/**
 * Notes that a node is alive and what it carries, and renews the leases of its broadcasts. Throws `NODE_NOT_FOUND`,
 * `NODE_REPLACED`.
 */
export async function heartbeat(unit: WriteUnit, input: NodeHeartbeat): Promise<NodeHeartbeatAnswer> {
  const [row] = await unit.db
    .update(nodes)
    .set({ load: input.load, lastSeenAt: unit.now })
    .where(eq(nodes.id, input.node_id))
    .returning()
  if (row === undefined) throw failure('NODE_NOT_FOUND', `no node ${input.node_id}: register again`)
  if (row.bootId !== input.boot_id) {
    throw failure('NODE_REPLACED', 'another process has registered under this name since')
  }
  if (row.state === 'lost') {
    await unit.db.update(nodes).set({ state: row.desiredState }).where(eq(nodes.id, row.id))
    await tellNode(unit, 'node.recovered', row)
  }
  await noteAwake(unit.db, unit.now)
  if (input.uploads !== undefined) {
    await noteUploads(unit, row.id, input.uploads, { complete: input.uploads.length < MAX_UPLOADS })
  }
  const boot = { nodeId: input.node_id, bootId: input.boot_id }
  return { ok: true, evicted: await renewLeases(unit, boot, input.broadcasts ?? []) }
}

function present(row: NodeRow): NodeInfo {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    region: row.region,
    state: row.state,
    addresses: row.addresses,
    load: row.load,
    registered_at: timestamp(row.registeredAt),
    last_seen_at: timestamp(row.lastSeenAt),
  }
}
