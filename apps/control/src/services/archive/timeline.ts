import type { Timeline, TimeRangeQuery } from '@millrace/contracts'
import { clips, gapsOfStream, mediaSegments, recordings } from '@millrace/db'
import { and, asc, desc, eq, gt, isNull, lt, ne, or, sql } from 'drizzle-orm'

import { timestamp } from '../lists.ts'
import { findStream } from '../streams.ts'
import type { ReadUnit } from '../unit.ts'
import { rangeOf, startsWithin } from './time-range.ts'

const MAX_DISCONTINUITIES = 10_000
const MAX_ITEMS = 1000

/** What a stream's archive has in a time. Throws `STREAM_NOT_FOUND`, and `REQUEST_INVALID` for a time that is too long. */
export async function getTimeline(unit: ReadUnit, streamId: string, query: TimeRangeQuery): Promise<Timeline> {
  await findStream(unit, streamId)
  const { from, to } = rangeOf(unit, query)
  const begun = await startOfSegmentAt(unit, streamId, from)
  const [gaps, [edges], discontinuities, recorded, cut] = await Promise.all([
    gapsOfStream(unit.db, streamId, begun, to),
    selectEdges(unit, streamId, begun, to),
    selectDiscontinuities(unit, streamId, from, to),
    selectRecordings(unit, streamId, from, to),
    selectClips(unit, streamId, from, to),
  ])
  const clipped = gaps
    .map((gap) => ({ ...gap, from: later(gap.from, from), to: earlier(gap.to, to) }))
    .filter((gap) => gap.from < gap.to)
  return {
    stream_id: streamId,
    from: from.toISOString(),
    to: to.toISOString(),
    ranges: rangesBetween(edges, clipped, from, to),
    gaps: clipped,
    discontinuities: discontinuities.map(({ startsAt }) => timestamp(startsAt)),
    recordings: recorded,
    clips: cut.map((clip) => ({ ...clip, from: timestamp(clip.from), to: timestamp(clip.to) })),
  }
}

/** Where the segment begins that may reach into a time. */
async function startOfSegmentAt(unit: ReadUnit, streamId: string, at: Date): Promise<Date> {
  const [row] = await unit.db
    .select({ startsAt: mediaSegments.startsAt })
    .from(mediaSegments)
    .where(and(eq(mediaSegments.streamId, streamId), lt(mediaSegments.startsAt, at)))
    .orderBy(desc(mediaSegments.startsAt))
    .limit(1)
  return row?.startsAt ?? at
}

/** Beginning and end of all media, milliseconds; nulls without any. */
const selectEdges = (unit: ReadUnit, streamId: string, from: Date, to: Date) =>
  unit.db
    .select({
      fromMs: sql<number | null>`(extract(epoch from min(starts_at)) * 1000)::float8`,
      toMs: sql<number | null>`max((extract(epoch from starts_at) * 1000)::float8 + duration_ms)`,
    })
    .from(mediaSegments)
    .where(and(...startsWithin(streamId, from, to), isNull(mediaSegments.lostCode)))

const selectDiscontinuities = (unit: ReadUnit, streamId: string, from: Date, to: Date) =>
  unit.db
    .select({ startsAt: mediaSegments.startsAt })
    .from(mediaSegments)
    .where(
      and(...startsWithin(streamId, from, to), or(eq(mediaSegments.discontinuity, true), eq(mediaSegments.seq, 0))),
    )
    .orderBy(asc(mediaSegments.startsAt))
    .limit(MAX_DISCONTINUITIES)

async function selectRecordings(
  unit: ReadUnit,
  streamId: string,
  from: Date,
  to: Date,
): Promise<Timeline['recordings']> {
  const rows = await unit.db
    .select()
    .from(recordings)
    .where(
      and(
        eq(recordings.streamId, streamId),
        ne(recordings.status, 'deleted'),
        lt(recordings.startedAt, to),
        or(isNull(recordings.endedAt), gt(recordings.endedAt, from)),
      ),
    )
    .orderBy(asc(recordings.startedAt))
    .limit(MAX_ITEMS)
  return rows.map(({ id, title, status, startedAt, endedAt }) => ({
    id,
    title,
    status,
    started_at: timestamp(startedAt),
    ended_at: timestamp(endedAt),
  }))
}

const selectClips = (unit: ReadUnit, streamId: string, from: Date, to: Date) =>
  unit.db
    .select({ id: clips.id, title: clips.title, status: clips.status, from: clips.fromAt, to: clips.toAt })
    .from(clips)
    .where(and(eq(clips.streamId, streamId), ne(clips.status, 'deleted'), lt(clips.fromAt, to), gt(clips.toAt, from)))
    .orderBy(asc(clips.fromAt))
    .limit(MAX_ITEMS)

/** What is left of the time with media when the gaps are taken out of it. */
function rangesBetween(
  edges: { fromMs: number | null; toMs: number | null } | undefined,
  gaps: Timeline['gaps'],
  from: Date,
  to: Date,
): Timeline['ranges'] {
  if (edges?.fromMs == null || edges.toMs === null) return []
  const ranges: Timeline['ranges'] = []
  let begin = later(new Date(edges.fromMs).toISOString(), from)
  const end = earlier(new Date(Math.round(edges.toMs)).toISOString(), to)
  for (const gap of gaps) {
    if (gap.from > begin) ranges.push({ from: begin, to: gap.from < end ? gap.from : end })
    if (gap.to > begin) begin = gap.to
  }
  if (begin < end) ranges.push({ from: begin, to: end })
  return ranges
}

// all of one form, in UTC with milliseconds: they compare as texts
const later = (text: string, moment: Date): string => (text > moment.toISOString() ? text : moment.toISOString())
const earlier = (text: string, moment: Date): string => (text < moment.toISOString() ? text : moment.toISOString())
