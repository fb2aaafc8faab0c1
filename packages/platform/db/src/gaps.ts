import { type Gap, GAP_MS, type GapReason } from '@millrace/contracts'
import { and, inArray, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'

import type { Queryable } from './connect.ts'
import { mediaSegments, recordings, sessions, takes } from './schema.ts'

/** A row of the query: a segment that is lost, or that doesn't begin where the one before ended. */
interface Edge extends Record<string, unknown> {
  owner: string
  from_ms: number
  to_ms: number
  reason: GapReason
}

/** Times without media within each of these recordings, in order. Recordings without gaps are missing. */
export async function gapsOfRecordings(db: Queryable, recordingIds: readonly string[]): Promise<Map<string, Gap[]>> {
  if (recordingIds.length === 0) return new Map()
  const suspects = await withBreaks(db, recordingIds)
  if (suspects.length === 0) return new Map()
  return gapsBy(db, mediaSegments.recordingId, inArray(mediaSegments.recordingId, suspects))
}

/** Those that may have gaps: others were never interrupted, and are as long as their segments together. */
async function withBreaks(db: Queryable, ids: readonly string[]): Promise<string[]> {
  const own = sql`from ${mediaSegments} where ${mediaSegments.recordingId} = ${recordings.id}`
  const first = sql`(select starts_at ${own} order by starts_at limit 1)`
  const last = sql`(select starts_at + duration_ms * interval '1 ms' ${own} order by starts_at desc limit 1)`
  const rows = await db
    .select({ id: recordings.id })
    .from(recordings)
    .where(
      and(
        inArray(recordings.id, [...ids]),
        sql`(${recordings.lostSegments} > 0 or ${recordings.discontinuities} > 0
          or extract(epoch from ${last} - ${first}) * 1000 - ${recordings.durationMs} > ${GAP_MS})`,
      ),
    )
  return rows.map(({ id }) => id)
}

/** Times without media between the segments of a stream that begin in `[from, to)`, in order. */
export async function gapsOfStream(db: Queryable, streamId: string, from: Date, to: Date): Promise<Gap[]> {
  const where = and(
    sql`${mediaSegments.streamId} = ${streamId}`,
    sql`${mediaSegments.startsAt} >= ${from.toISOString()}::timestamptz`,
    sql`${mediaSegments.startsAt} < ${to.toISOString()}::timestamptz`,
  )
  return (await gapsBy(db, mediaSegments.streamId, where)).get(streamId) ?? []
}

/** A gap is a lost segment, or a pause after which the next segment begins; the end of the media is none. */
async function gapsBy(db: Queryable, owner: PgColumn, where: SQL | undefined): Promise<Map<string, Gap[]>> {
  const { takeId, lostCode, startsAt, seq } = mediaSegments
  const endsAt = sql`${startsAt} + ${mediaSegments.durationMs} * interval '1 ms'`
  const rows = await db.execute<Edge>(sql`
    with placed as (
      select ${owner} as owner, ${lostCode} as lost_code, ${startsAt} as starts_at, ${endsAt} as ends_at,
        lag(${takeId}) over placed as take_before,
        max(${endsAt}) over (placed rows between unbounded preceding and 1 preceding) as end_before
      from ${mediaSegments} where ${where} window placed as (partition by ${owner} order by ${startsAt}, ${takeId}, ${seq}))
    , edges as (
      select owner, end_before as from_at, starts_at as to_at, take_before
        from placed where starts_at - end_before > ${GAP_MS} * interval '1 ms'
      union all
      select owner, starts_at, ends_at, null from placed where lost_code is not null)
    select edges.owner, (extract(epoch from edges.from_at) * 1000)::float8 as from_ms,
      (extract(epoch from edges.to_at) * 1000)::float8 as to_ms,
      case when edges.take_before is null then 'storage'
        when ${sessions.endReason} = 'node_lost' then 'node_lost' else 'publisher_away' end as reason
    from edges
      left join ${takes} on ${takes.id} = edges.take_before
      left join ${sessions} on ${sessions.id} = ${takes.sessionId}
    order by edges.owner, edges.from_at`)
  const groups = Map.groupBy(rows, (row) => row.owner)
  return new Map([...groups].map(([id, edges]) => [id, joined(edges)]))
}

/** Lost segments that follow each other are one gap. */
function joined(edges: readonly Edge[]): Gap[] {
  const gaps: { fromMs: number; toMs: number; reason: GapReason }[] = []
  for (const { from_ms: fromMs, to_ms: toMs, reason } of edges) {
    const last = gaps.at(-1)
    if (last?.reason === reason && fromMs - last.toMs <= GAP_MS) last.toMs = Math.max(last.toMs, toMs)
    else gaps.push({ fromMs, toMs, reason })
  }
  const rfc3339 = (wallMs: number): string => new Date(Math.round(wallMs)).toISOString()
  return gaps.map(({ fromMs, toMs, reason }) => ({ from: rfc3339(fromMs), to: rfc3339(toMs), reason }))
}
