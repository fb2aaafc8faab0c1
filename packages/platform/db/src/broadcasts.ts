import type { EndReason } from '@millrace/contracts'
import { and, eq, isNull, ne, sql } from 'drizzle-orm'

import type { Tx } from './connect.ts'
import { appendEvent } from './outbox.ts'
import { recordings, sessions, streamLeases, streams, viewers, vhosts } from './schema.ts'

/** The transaction that changes broadcasts, and its time. */
export interface BroadcastUnit {
  db: Tx
  now: Date
}

export type SessionRow = typeof sessions.$inferSelect

/** The names and owner of a stream, as its events tell them. */
export interface StreamNames {
  projectId: string
  streamId: string
  names: { vhost: string; app: string; stream: string }
}

/** Names of a stream. It must exist. */
export async function namesOf(unit: BroadcastUnit, streamId: string): Promise<StreamNames> {
  const [row] = await unit.db
    .select({ projectId: streams.projectId, vhost: vhosts.name, app: streams.app, stream: streams.name })
    .from(streams)
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .where(eq(streams.id, streamId))
  const { projectId, ...names } = row!
  return { projectId, streamId, names }
}

/** How a broadcast ended. */
export interface Ending {
  reason: EndReason
  at: Date
  errorCode?: string
  /** Its stream goes on in another session: `stream.ended` is not told. */
  goesOn?: boolean
  /** What is known only in the end; the last progress counts else. */
  counters?: { durationS: number; bytesIn: number; bytesOut: number }
}

/**
 * Ends a broadcast that is on, frees its stream, and tells `stream.ended`; the caller holds the lock on the stream.
 * For one that has ended already, only late counters are kept: nothing ends twice.
 */
export async function endSession(unit: BroadcastUnit, session: SessionRow, ending: Ending): Promise<void> {
  const elapsedS = Math.max(0, ending.at.getTime() - session.startedAt.getTime()) / 1000
  const counters = ending.counters ?? {
    durationS: Math.max(session.durationS, elapsedS),
    bytesIn: session.bytesIn,
    bytesOut: session.bytesOut,
  }
  if (session.status === 'ended') {
    if (ending.counters !== undefined) await unit.db.update(sessions).set(counters).where(eq(sessions.id, session.id))
    return
  }
  await unit.db
    .update(sessions)
    .set({
      status: 'ended',
      endedAt: ending.at,
      endReason: ending.reason,
      errorCode: ending.errorCode ?? null,
      players: 0,
      ...counters,
    })
    .where(eq(sessions.id, session.id))
  await unit.db
    .update(streams)
    .set({ status: 'idle', currentSessionId: null, updatedAt: streams.updatedAt })
    .where(and(eq(streams.id, session.streamId), eq(streams.currentSessionId, session.id)))
  await unit.db
    .update(streamLeases)
    .set({ nodeId: null, bootId: null, sessionId: null, lostUntil: null })
    .where(and(eq(streamLeases.streamId, session.streamId), eq(streamLeases.sessionId, session.id)))
  if (ending.goesOn === true) return
  await endRecordingsLater(unit, session.streamId, ending.at)
  const { projectId, streamId, names } = await namesOf(unit, session.streamId)
  await appendEvent(unit.db, {
    projectId,
    type: 'stream.ended',
    subject: { type: 'stream', id: streamId },
    sessionId: session.id,
    timestamp: ending.at,
    data: {
      ...names,
      reason: ending.reason,
      error_code: ending.errorCode ?? null,
      duration_s: counters.durationS,
      bytes: counters.bytesIn,
    },
  })
}

/** A stream without a setting of its own waits so long for a publisher that went away. */
export const DEFAULT_RECONNECT_WINDOW_S = 10

/** The recording that is open waits for a publisher who comes back, as players do, unless somebody publishes. */
async function endRecordingsLater({ db }: BroadcastUnit, streamId: string, at: Date): Promise<void> {
  const windowS = sql`coalesce(${streams.reconnectWindowS}, ${DEFAULT_RECONNECT_WINDOW_S})`
  await db
    .update(recordings)
    .set({ closeAt: sql`${at.toISOString()}::timestamptz + ${windowS} * interval '1 second'` })
    .from(streams)
    .where(
      and(
        eq(recordings.streamId, streamId),
        eq(recordings.status, 'recording'),
        eq(streams.id, streamId),
        isNull(streams.currentSessionId),
      ),
    )
}

/** Ends, as `node_lost`, what boots of the node other than `bootId` have left open, and forgets who watched there. */
export async function endSessionsOfOtherBoots(unit: BroadcastUnit, nodeId: string, bootId: string): Promise<void> {
  await unit.db.delete(viewers).where(and(eq(viewers.nodeId, nodeId), ne(viewers.bootId, bootId)))
  const left = await unit.db
    .select({ id: sessions.id, streamId: sessions.streamId })
    .from(sessions)
    .where(and(eq(sessions.nodeId, nodeId), ne(sessions.bootId, bootId), ne(sessions.status, 'ended')))
    .orderBy(sessions.streamId)
  for (const { id, streamId } of left) {
    await lockStreamRow(unit, streamId)
    const [session] = await unit.db.select().from(sessions).where(eq(sessions.id, id)).for('update')
    if (session !== undefined) await endSession(unit, session, { reason: 'node_lost', at: unit.now })
  }
}

/** Puts everybody who changes a stream's broadcasts in line. Returns false when the stream is gone. */
export async function lockStreamRow(unit: BroadcastUnit, streamId: string): Promise<boolean> {
  const rows = await unit.db.select({ id: streams.id }).from(streams).where(eq(streams.id, streamId)).for('update')
  return rows.length > 0
}
