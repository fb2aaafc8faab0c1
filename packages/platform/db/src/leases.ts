import type { HeldBroadcast } from '@millrace/contracts'
import { and, asc, eq, gt, inArray, isNotNull, isNull, lt, lte, or, sql, type SQL } from 'drizzle-orm'

import {
  DEFAULT_RECONNECT_WINDOW_S,
  endSession,
  lockStreamRow,
  namesOf,
  type BroadcastUnit,
  type SessionRow,
} from './broadcasts.ts'
import { transaction, type Db, type Queryable } from './connect.ts'
import { appendNodeCommand } from './node-commands.ts'
import { appendEvent } from './outbox.ts'
import { controlPresence, sessions, streamLeases, streams } from './schema.ts'

/** How long a lease holds without a heartbeat: three of them. */
export const LEASE_TTL_MS = 15_000
/** Control counts as away when nothing was heard of it for this long. */
const AWAKE_GAP_MS = 10_000
/** Broadcasts moved on by one run of `reapLeases`. */
const REAP_BATCH = 500

export type LeaseRow = typeof streamLeases.$inferSelect

/** One run of a node. */
export interface NodeBoot {
  nodeId: string
  bootId: string
}

/**
 * Gives a stream to a node, for a new publisher: the epoch grows by one. A node that has had it until now is told by a
 * command to evict its publisher. Takes the lock on the stream.
 */
export async function takeLease(
  unit: BroadcastUnit,
  streamId: string,
  { nodeId, bootId }: NodeBoot,
  takenAt = unit.now,
): Promise<LeaseRow> {
  await lockStreamRow(unit, streamId)
  const former = await leaseOf(unit, streamId)
  const taken = {
    nodeId,
    bootId,
    sessionId: null,
    takenAt,
    expiresAt: new Date(unit.now.getTime() + LEASE_TTL_MS),
  }
  const [lease] = await unit.db
    .insert(streamLeases)
    .values({ streamId, epoch: 1, ...taken })
    .onConflictDoUpdate({ target: streamLeases.streamId, set: { ...taken, epoch: sql`${streamLeases.epoch} + 1` } })
    .returning()
  // one process has one publisher of a stream at most, and needs nobody to tell it
  if (former?.nodeId != null && (former.nodeId !== nodeId || former.bootId !== bootId)) {
    await appendNodeCommand(unit.db, former.nodeId, { type: 'evict', stream_id: streamId, epoch: lease!.epoch })
  }
  return lease!
}

/** A lease whose broadcast has been reported. */
export interface ClaimedLease {
  epoch: number
  /** The stream had been given up as its node was not heard of, and goes on with this broadcast. */
  resumes: boolean
}

/** A broadcast that claims the lease it was admitted with; epoch null for one that was admitted while control was away. */
export interface LeaseClaim {
  sessionId: string
  epoch: number | null
  /** When it began. */
  at: Date
}

/**
 * Enters a broadcast into the lease of its stream; the caller holds the lock on the stream. Undefined when another node has
 * the stream since.
 */
export async function claimLease(
  unit: BroadcastUnit,
  streamId: string,
  boot: NodeBoot,
  { sessionId, epoch, at }: LeaseClaim,
): Promise<ClaimedLease | undefined> {
  const known = await leaseOf(unit, streamId)
  const elsewhere = known?.nodeId != null && (known.nodeId !== boot.nodeId || known.bootId !== boot.bootId)
  if (known && elsewhere && (epoch === null ? known.takenAt > at : epoch < known.epoch)) return undefined
  const lease = known && epoch !== null ? known : await takeLease(unit, streamId, boot, at)
  await unit.db
    .update(streamLeases)
    .set({ ...boot, sessionId, expiresAt: new Date(unit.now.getTime() + LEASE_TTL_MS), lostUntil: null })
    .where(eq(streamLeases.streamId, streamId))
  return { epoch: lease.epoch, resumes: lease.lostUntil !== null }
}

/** The lease of a stream, if it ever had one. */
export async function leaseOf(unit: { db: Queryable }, streamId: string): Promise<LeaseRow | undefined> {
  const [row] = await unit.db.select().from(streamLeases).where(eq(streamLeases.streamId, streamId))
  return row
}

/**
 * Renews the leases of the broadcasts that a node has. Returns the sessions that have lost their stream: another publisher
 * has it, or the broadcast has ended for everybody else.
 */
export async function renewLeases(
  unit: BroadcastUnit,
  { nodeId, bootId }: NodeBoot,
  held: readonly HeldBroadcast[],
): Promise<string[]> {
  if (held.length === 0) return []
  const mine = and(eq(streamLeases.nodeId, nodeId), eq(streamLeases.bootId, bootId))
  const renewed = await unit.db
    .update(streamLeases)
    .set({ expiresAt: new Date(unit.now.getTime() + LEASE_TTL_MS) })
    .where(
      and(
        mine,
        inArray(
          streamLeases.streamId,
          held.map(({ stream_id: id }) => id),
        ),
      ),
    )
    .returning({ streamId: streamLeases.streamId, epoch: streamLeases.epoch, lostUntil: streamLeases.lostUntil })
  const leases = new Map(renewed.map((lease) => [lease.streamId, lease]))
  const doubtful: HeldBroadcast[] = []
  for (const broadcast of held) {
    const lease = leases.get(broadcast.stream_id)
    if (lease === undefined || isOlder(broadcast, lease.epoch)) doubtful.push(broadcast)
    else if (lease.lostUntil !== null) await resume(unit, lease.streamId)
  }
  return doubtful.length === 0 ? [] : lostOf(unit, doubtful)
}

/** The sessions that are over: ended here, or of an older epoch than the stream's. One not reported yet is neither. */
async function lostOf(unit: BroadcastUnit, doubtful: readonly HeldBroadcast[]): Promise<string[]> {
  const sessionIds = doubtful.map(({ session_id: id }) => id)
  const ended = await unit.db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(inArray(sessions.id, sessionIds), eq(sessions.status, 'ended')))
  const over = new Set(ended.map(({ id }) => id))
  const streamIds = doubtful.map(({ stream_id: id }) => id)
  const leases = await unit.db.select().from(streamLeases).where(inArray(streamLeases.streamId, streamIds))
  const epochs = new Map(leases.map(({ streamId, epoch }) => [streamId, epoch]))
  return doubtful
    .filter((broadcast) => over.has(broadcast.session_id) || isOlder(broadcast, epochs.get(broadcast.stream_id) ?? 0))
    .map(({ session_id: id }) => id)
}

const isOlder = ({ epoch }: HeldBroadcast, than: number): boolean => epoch !== null && epoch < than

/** The node of a stream that was being given up is heard of again. */
async function resume(unit: BroadcastUnit, streamId: string): Promise<void> {
  await lockStreamRow(unit, streamId)
  const lease = await leaseOf(unit, streamId)
  if (lease?.lostUntil == null || lease.nodeId === null) return
  await unit.db.update(streamLeases).set({ lostUntil: null }).where(eq(streamLeases.streamId, streamId))
  const session = await currentSession(unit, streamId)
  if (session === undefined) return
  await unit.db
    .update(streams)
    .set({ status: session.status === 'live' ? 'live' : 'connecting', updatedAt: streams.updatedAt })
    .where(eq(streams.id, streamId))
  await tellResumed(unit, session)
}

/** Tells that a stream goes on, in this broadcast. */
export async function tellResumed(unit: BroadcastUnit, session: SessionRow): Promise<void> {
  const { projectId, names } = await namesOf(unit, session.streamId)
  await appendEvent(unit.db, {
    projectId,
    type: 'stream.resumed',
    subject: { type: 'stream', id: session.streamId },
    sessionId: session.id,
    timestamp: unit.now,
    data: { ...names, node_id: session.nodeId },
  })
}

/** The broadcast that is on, locked; the caller has the lock on the stream. */
export async function currentSession(unit: BroadcastUnit, streamId: string): Promise<SessionRow | undefined> {
  const [row] = await unit.db
    .select({ current: streams.currentSessionId })
    .from(streams)
    .where(eq(streams.id, streamId))
  if (row?.current == null) return undefined
  const [session] = await unit.db.select().from(sessions).where(eq(sessions.id, row.current)).for('update')
  return session
}

/** Notes that control is awake; seldom a write. */
export async function noteAwake(db: Queryable, now: Date): Promise<void> {
  const gapBefore = new Date(now.getTime() - AWAKE_GAP_MS)
  await db
    .insert(controlPresence)
    .values({ id: 'control', awakeSince: now, lastAwakeAt: now })
    .onConflictDoUpdate({
      target: controlPresence.id,
      set: {
        awakeSince: sql`case when ${controlPresence.lastAwakeAt} < ${gapBefore.toISOString()}::timestamptz then ${now.toISOString()}::timestamptz else ${controlPresence.awakeSince} end`,
        lastAwakeAt: now,
      },
      setWhere: lt(controlPresence.lastAwakeAt, new Date(now.getTime() - AWAKE_GAP_MS / 5)),
    })
}

/**
 * The moment before which whoever was last heard of must be lost, if `silenceMs` is too long; undefined while control itself
 * is away or has only just come back, when nobody could be heard.
 */
export async function lostBefore(db: Queryable, now: Date, silenceMs: number): Promise<Date | undefined> {
  const [presence] = await db.select().from(controlPresence)
  if (presence === undefined) return undefined
  const awake = now.getTime() - presence.lastAwakeAt.getTime() < AWAKE_GAP_MS
  const listened = now.getTime() - presence.awakeSince.getTime() >= silenceMs
  return awake && listened ? new Date(now.getTime() - silenceMs) : undefined
}

/** What one run of the reaper did. */
export interface Reaped {
  /** Streams whose node is not heard of: `stream.reconnecting`. */
  reconnecting: number
  /** Broadcasts given up: `stream.ended` with `node_lost`. */
  ended: number
}

/** Leases that have run out, and of which something is to be done now. */
export const isExpired = (now: Date): SQL | undefined =>
  and(
    isNotNull(streamLeases.nodeId),
    lte(streamLeases.expiresAt, now),
    or(isNull(streamLeases.lostUntil), lte(streamLeases.lostUntil, now)),
  )

/**
 * Moves on the streams whose lease has run out: first to `reconnecting`, and at the end of the reconnect window to their end.
 * For whoever runs it every second or so; any number may at the same time.
 */
export async function reapLeases(db: Db, now: Date): Promise<Reaped> {
  const reaped: Reaped = { reconnecting: 0, ended: 0 }
  if ((await lostBefore(db, now, LEASE_TTL_MS)) === undefined) return reaped
  const expired = await db
    .select({ streamId: streamLeases.streamId })
    .from(streamLeases)
    .where(isExpired(now))
    .orderBy(asc(streamLeases.expiresAt))
    .limit(REAP_BATCH)
  for (const { streamId } of expired) {
    const done = await transaction(db, (tx) => reap({ db: tx, now }, streamId))
    if (done) reaped[done]++
  }
  return reaped
}

async function reap(unit: BroadcastUnit, streamId: string): Promise<keyof Reaped | undefined> {
  if (!(await lockStreamRow(unit, streamId))) return undefined
  const lease = await leaseOf(unit, streamId)
  if (lease?.nodeId == null || lease.expiresAt > unit.now) return undefined
  const session = await currentSession(unit, streamId)
  if (session === undefined) {
    // admitted, but never published
    await releaseLease(unit, streamId)
    return undefined
  }
  if (lease.lostUntil !== null) {
    if (lease.lostUntil > unit.now) return undefined
    await endSession(unit, session, { reason: 'node_lost', at: unit.now })
    await releaseLease(unit, streamId)
    return 'ended'
  }
  await tellReconnecting(unit, session)
  return 'reconnecting'
}

async function tellReconnecting(unit: BroadcastUnit, { id, streamId, nodeId }: SessionRow): Promise<void> {
  const [stream] = await unit.db
    .update(streams)
    .set({ status: 'reconnecting', updatedAt: streams.updatedAt })
    .where(eq(streams.id, streamId))
    .returning({ reconnectWindowS: streams.reconnectWindowS })
  const windowS = stream?.reconnectWindowS ?? DEFAULT_RECONNECT_WINDOW_S
  const until = new Date(unit.now.getTime() + windowS * 1000)
  await unit.db.update(streamLeases).set({ lostUntil: until }).where(eq(streamLeases.streamId, streamId))
  const { projectId, names } = await namesOf(unit, streamId)
  await appendEvent(unit.db, {
    projectId,
    type: 'stream.reconnecting',
    subject: { type: 'stream', id: streamId },
    sessionId: id,
    timestamp: unit.now,
    data: { ...names, node_id: nodeId, until: until.toISOString() },
  })
}

/** Nobody has the stream any more; its epoch stays. */
export async function releaseLease(unit: BroadcastUnit, streamId: string): Promise<void> {
  await unit.db
    .update(streamLeases)
    .set({ nodeId: null, bootId: null, sessionId: null, lostUntil: null })
    .where(eq(streamLeases.streamId, streamId))
}

/** Leases that hold at `now`, of these streams. */
export function heldLeases(db: Queryable, streamIds: readonly string[], now: Date): Promise<LeaseRow[]> {
  return db
    .select()
    .from(streamLeases)
    .where(
      and(
        inArray(streamLeases.streamId, [...streamIds]),
        isNotNull(streamLeases.nodeId),
        isNotNull(streamLeases.sessionId),
        gt(streamLeases.expiresAt, now),
      ),
    )
}
