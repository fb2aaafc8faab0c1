import type { Page, PageQuery, Session } from '@millrace/contracts'
import { sessions, type SessionRow } from '@millrace/db'
import { and, desc, eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import { afterCursor, fetchCount, timestamp, toPage } from './lists.ts'
import { findStream } from './streams.ts'
import type { ReadUnit } from './unit.ts'

export async function listSessions(unit: ReadUnit, streamId: string, query: PageQuery): Promise<Page<Session>> {
  await findStream(unit, streamId)
  const rows = await unit.db
    .select()
    .from(sessions)
    .where(and(eq(sessions.streamId, streamId), afterCursor(sessions.id, query)))
    .orderBy(desc(sessions.id))
    .limit(fetchCount(query))
  return toPage(rows, query, present)
}

export async function getSession(unit: ReadUnit, id: string): Promise<Session> {
  const [row] = await unit.db
    .select()
    .from(sessions)
    .where(and(eq(sessions.id, id), eq(sessions.projectId, unit.principal.projectId)))
  if (row === undefined) throw failure('SESSION_NOT_FOUND', `no session ${id}`)
  return present(row)
}

function present(row: SessionRow): Session {
  return {
    id: row.id,
    stream_id: row.streamId,
    node_id: row.nodeId,
    key_id: row.keyId,
    protocol: row.protocol,
    client: row.client,
    encoder: row.encoder,
    status: row.status,
    tracks: row.tracks,
    started_at: timestamp(row.startedAt),
    live_at: timestamp(row.liveAt),
    ended_at: timestamp(row.endedAt),
    end_reason: row.endReason,
    error_code: row.errorCode,
    duration_s: row.durationS,
    bytes_in: row.bytesIn,
    bytes_out: row.bytesOut,
    players: row.players,
  }
}
