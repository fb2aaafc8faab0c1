import type { ArchiveFormat } from '@millrace/contracts'
import { type Queryable, takes } from '@millrace/db'
import { inArray, type SQL, sql } from 'drizzle-orm'

/** A segment as the archive's index knows it. */
export interface ArchiveSegment {
  takeId: string
  seq: number
  init: number
  /** Milliseconds since the epoch. */
  startsAtMs: number
  durationMs: number
  bytes: number
  /** Its timestamps don't continue those of the segment before. */
  discontinuity: boolean
  /** There is no object of it. */
  lost: boolean
}

export type TakeRow = typeof takes.$inferSelect

/** A part of an archive: segments in the order of time, and their takes. */
export interface ArchivePart {
  segments: readonly ArchiveSegment[]
  takes: ReadonlyMap<string, TakeRow>
}

/** A range of time, milliseconds since the epoch, the end exclusive. */
export interface TimeRange {
  fromMs: number
  /** Undefined: to the last segment. */
  toMs?: number | undefined
}

/** Whose segments: of a recording, or of everything that a stream's archive has. */
export type SegmentOwner = { recordingId: string } | { streamId: string }

/**
 * The segments of an owner that have a part in a range, all without one. Touches only their rows, and the one before the
 * range.
 */
export async function segmentsOf(db: Queryable, owner: SegmentOwner, range?: TimeRange): Promise<ArchivePart> {
  const segments = await db.execute<ArchiveSegment & Record<string, unknown>>(segmentsQuery(owner, range))
  const from = range?.fromMs ?? Number.NEGATIVE_INFINITY
  // the one that began before the range may have ended before it, too
  const overlapping = segments.filter(({ startsAtMs, durationMs }) => startsAtMs + durationMs > from)
  return { segments: overlapping, takes: await takesOf(db, overlapping) }
}

/** The query of {@link segmentsOf}. */
export function segmentsQuery(owner: SegmentOwner, range?: TimeRange): SQL {
  const own = ownedBy(owner)
  return sql`select take_id as "takeId", seq, init, extract(epoch from starts_at)::float8 * 1000 as "startsAtMs",
      duration_ms as "durationMs", bytes::float8 as bytes, discontinuity, lost_code is not null as lost
    from media_segments
    where ${own}${range === undefined ? sql`` : within(own, range)}
    order by starts_at, take_id, seq`
}

/** The condition of {@link segmentsQuery}. */
export const ownedBy = (owner: SegmentOwner): SQL =>
  'recordingId' in owner ? sql`recording_id = ${owner.recordingId}` : sql`stream_id = ${owner.streamId}`

function within(own: SQL, { fromMs, toMs }: TimeRange): SQL {
  const from = instant(fromMs)
  const begun = sql`(select max(starts_at) from media_segments where ${own} and starts_at <= ${from})`
  const after = sql` and starts_at >= coalesce(${begun}, ${from})`
  return toMs === undefined ? after : sql`${after} and starts_at < ${instant(toMs)}`
}

/** A moment as a parameter. */
export const instant = (ms: number): SQL => sql`${new Date(ms).toISOString()}::timestamptz`

async function takesOf(db: Queryable, segments: readonly ArchiveSegment[]): Promise<Map<string, TakeRow>> {
  const ids = [...new Set(segments.map(({ takeId }) => takeId))]
  const rows = ids.length === 0 ? [] : await db.select().from(takes).where(inArray(takes.id, ids))
  return new Map(rows.map((row) => [row.id, row]))
}

/** Of the takes of a part, the first that is there: what its playlists are made of. */
export function formatOf({ segments, takes: known }: ArchivePart): ArchiveFormat | undefined {
  const [first] = segments
  return first === undefined ? undefined : known.get(first.takeId)?.format
}
