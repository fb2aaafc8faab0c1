import type { ArchiveFormat } from '@millrace/contracts'
import { and, inArray, sql, type SQL } from 'drizzle-orm'

import type { Db, Tx } from './connect.ts'
import { clips, mediaSegments, streams, takes, vhosts } from './schema.ts'

/**
 * Players are behind, and segments may be in playlists for a while after they left them: segments that nothing needs are kept
 * for so long.
 */
const SLACK_S = 120
/** Streams pruned by one run. */
const STREAMS = 500

/** A segment that nothing needs. */
export interface LooseSegment {
  takeId: string
  seq: number
  format: ArchiveFormat
  storageId: string
  /** There is no object of it. */
  lost: boolean
}

/** How long segments are kept that are in no recording, seconds: tables `streams` and `vhosts` are those of the query. */
const keptS = sql`(${SLACK_S} + greatest(coalesce(${streams.dvrWindowS}, ${vhosts.dvrWindowS}),
  case when coalesce(${streams.livePlaylist}, ${vhosts.livePlaylist})
    then coalesce(${streams.liveWindowS}, ${vhosts.liveWindowS}) else 0 end))`

/** That a segment of the query's stream is in no recording, no window, and no clip. */
function isLoose(now: Date): SQL {
  const { startsAt, durationMs, streamId } = mediaSegments
  return sql`${mediaSegments.recordingId} is null
    and ${startsAt} < ${now.toISOString()}::timestamptz - ${keptS} * interval '1 second'
    and not exists (select from ${clips} where ${clips.streamId} = ${streamId}
      and ${clips.status} in ('processing', 'ready') and ${clips.toAt} > ${startsAt}
      and ${clips.fromAt} < ${startsAt} + ${durationMs} * interval '1 ms')`
}

/** Streams that have segments that nothing needs. */
export async function streamsWithLooseSegments(db: Db, now: Date): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select ${streams.id} as id from ${streams} join ${vhosts} on ${vhosts.id} = ${streams.vhostId}
    where exists (select from ${mediaSegments} where ${mediaSegments.streamId} = ${streams.id} and ${isLoose(now)})
    limit ${STREAMS}`)
  return rows.map(({ id }) => id)
}

/**
 * The oldest segments of a stream that nothing needs, locked; those that another transaction has are left out. Whoever asks
 * deletes their objects, and calls `forgetSegments` in the same transaction.
 */
export async function lockLooseSegments(tx: Tx, streamId: string, now: Date, limit: number): Promise<LooseSegment[]> {
  const rows = await tx.execute<LooseSegment & Record<string, unknown>>(sql`
    select ${mediaSegments.takeId} as "takeId", ${mediaSegments.seq} as seq, ${takes.format} as format,
      ${takes.storageId} as "storageId", ${mediaSegments.lostCode} is not null as lost
    from ${mediaSegments} join ${takes} on ${takes.id} = ${mediaSegments.takeId}
      join ${streams} on ${streams.id} = ${mediaSegments.streamId} join ${vhosts} on ${vhosts.id} = ${streams.vhostId}
    where ${mediaSegments.streamId} = ${streamId} and ${isLoose(now)}
    order by ${mediaSegments.startsAt} limit ${limit} for update of ${mediaSegments} skip locked`)
  return [...rows]
}

/** Takes segments out of the index. Returns the takes that are closed and have none left, whose inits nobody needs. */
export async function forgetSegments(
  tx: Tx,
  segments: readonly LooseSegment[],
): Promise<{ id: string; storageId: string }[]> {
  const byTake = Map.groupBy(segments, ({ takeId }) => takeId)
  for (const [takeId, own] of byTake) {
    const seqs = own.map(({ seq }) => seq)
    await tx
      .delete(mediaSegments)
      .where(and(sql`${mediaSegments.takeId} = ${takeId}`, inArray(mediaSegments.seq, seqs)))
  }
  return tx
    .select({ id: takes.id, storageId: takes.storageId })
    .from(takes)
    .where(
      and(
        inArray(takes.id, [...byTake.keys()]),
        sql`${takes.closedAt} is not null`,
        sql`not exists (select from ${mediaSegments} where ${mediaSegments.takeId} = ${takes.id})`,
      ),
    )
}

/** Lets go of all segments of a recording: they stay only where something else needs them. */
export async function releaseSegments(tx: Tx, recordingId: string): Promise<void> {
  await tx
    .update(mediaSegments)
    .set({ recordingId: null })
    .where(sql`${mediaSegments.recordingId} = ${recordingId}`)
}
