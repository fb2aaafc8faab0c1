import type { TimeRangeQuery, Usage } from '@millrace/contracts'
import { clips, mediaSegments, recordings, sessions } from '@millrace/db'
import { and, eq, gte, isNull, lt, ne, type SQL, sql } from 'drizzle-orm'

import { findStream } from '../streams.ts'
import type { ReadUnit } from '../unit.ts'
import { rangeOf, startsWithin } from './time-range.ts'

/** Longest DVR window: segments older than it are of recordings. */
const MAX_WINDOW_MS = 32 * 86_400_000

/** What a stream used in a time. Throws `STREAM_NOT_FOUND`. */
export async function getUsage(unit: ReadUnit, streamId: string, query: TimeRangeQuery): Promise<Usage> {
  const { stream } = await findStream(unit, streamId)
  const { from, to } = rangeOf(unit, query)
  const total = (expression: string) => sql<number>`coalesce(sum(${sql.raw(expression)}), 0)::float8`
  const [[broadcast], [archived], stored] = await Promise.all([
    unit.db
      .select({
        sessions: sql<number>`count(*)::int`,
        seconds: total('duration_s'),
        bytesIn: total('bytes_in'),
        bytesOut: total('bytes_out'),
      })
      .from(sessions)
      .where(and(eq(sessions.streamId, streamId), gte(sessions.startedAt, from), lt(sessions.startedAt, to))),
    unit.db
      .select({ ms: total('duration_ms'), bytes: total('bytes') })
      .from(mediaSegments)
      .where(and(...startsWithin(streamId, from, to), isNull(mediaSegments.lostCode))),
    storedBytes(unit, stream.id, to),
  ])
  return {
    stream_id: streamId,
    from: from.toISOString(),
    to: to.toISOString(),
    sessions: broadcast!.sessions,
    published_s: broadcast!.seconds,
    bytes_in: broadcast!.bytesIn,
    bytes_out: broadcast!.bytesOut,
    archived_s: archived!.ms / 1000,
    archived_bytes: archived!.bytes,
    stored_bytes: stored,
  }
}

/** All that is kept of a stream at a moment: recordings, clips, and what its DVR window holds. */
async function storedBytes(unit: ReadUnit, streamId: string, at: Date): Promise<number> {
  const files = sql`(select coalesce(sum((file ->> 'bytes')::float8), 0) from jsonb_array_elements(files) as file)`
  const sum = (expression: SQL) => ({ bytes: sql<number>`coalesce(sum(${expression}), 0)::float8` })
  const windowStart = new Date(at.getTime() - MAX_WINDOW_MS)
  const totals = await Promise.all([
    unit.db
      .select(sum(sql`segment_bytes + ${files}`))
      .from(recordings)
      .where(and(eq(recordings.streamId, streamId), ne(recordings.status, 'deleted'), lt(recordings.startedAt, at))),
    unit.db
      .select(sum(files))
      .from(clips)
      .where(and(eq(clips.streamId, streamId), ne(clips.status, 'deleted'), lt(clips.createdAt, at))),
    unit.db
      .select(sum(sql`bytes`))
      .from(mediaSegments)
      .where(and(...startsWithin(streamId, windowStart, at), isNull(mediaSegments.recordingId))),
  ])
  return totals.reduce((total, [row]) => total + row!.bytes, 0)
}
