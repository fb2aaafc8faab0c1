import { type Gap, GAP_MS, type GapReason } from '@millrace/contracts'
import { and, inArray, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'

import type { Queryable } from './connect.ts'
import { mediaSegments, sessions, takes } from './schema.ts'

/** A row of the query: a segment that is lost, or that doesn't begin where the one before ended. */
interface Edge extends Record<string, unknown> {
  owner: string
  from_ms: number
  to_ms: number
  reason: GapReason
}

/** Times without media within each of these recordings, in order. Recordings without gaps are missing. */
export function gapsOfRecordings(db: Queryable, recordingIds: readonly string[]): Promise<Map<string, Gap[]>> {
  if (recordingIds.length === 0) return Promise.resolve(new Map())
  return gapsBy(db, mediaSegments.recordingId, inArray(mediaSegments.recordingId, [...recordingIds]))
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
  const ms = (moment: SQL): SQL => sql`(extract(epoch from ${moment}) * 1000)::float8`
  const rows = await db.execute<Edge>(sql`
    with timed as (
      select ${owner} as owner, ${mediaSegments.takeId} as take_id, ${mediaSegments.lostCode} as lost_code,
        ${ms(sql`${mediaSegments.startsAt}`)} as from_ms,
        ${ms(sql`${mediaSegments.startsAt}`)} + ${mediaSegments.durationMs} as to_ms,
        ${mediaSegments.seq} as seq
      from ${mediaSegments} where ${where})
    , placed as (
      select *, lag(take_id) over placed as take_before,
        max(to_ms) over (placed rows between unbounded preceding and 1 preceding) as end_before
      from timed window placed as (partition by owner order by from_ms, take_id, seq))
    , edges as (
      select owner, end_before as from_ms, from_ms as to_ms, take_before
        from placed where from_ms - end_before > ${GAP_MS}
      union all
      select owner, from_ms, to_ms, null from placed where lost_code is not null)
    select edges.owner, edges.from_ms, edges.to_ms,
      case when edges.take_before is null then 'storage'
        when ${sessions.endReason} = 'node_lost' then 'node_lost' else 'publisher_away' end as reason
    from edges
      left join ${takes} on ${takes.id} = edges.take_before
      left join ${sessions} on ${sessions.id} = ${takes.sessionId}
    order by edges.owner, edges.from_ms`)
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
