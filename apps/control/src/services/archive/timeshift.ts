import { type ArchivePart, type ListedSegment, listedSegments, mediaPlaylist, segmentsOf } from '@millrace/archive'
import { SEGMENT_S, type TimeshiftQuery } from '@millrace/contracts'
import { archiveSettingsOf, mediaSegments, playbackIds, streams, takes } from '@millrace/db'
import { writeMediaPlaylist } from '@millrace/hls'
import { and, eq, isNull, lt, sql } from 'drizzle-orm'

import type { Caller } from '../../http/route.ts'
import { failure, RequestInvalid } from '../failures.ts'
import type { PublicUnit } from '../unit.ts'
import type { Reply } from '../work.ts'
import { lifetimeOf, objectUrls } from './object-urls.ts'
import { admitViewer, selectDoors, viewerHeaders } from './viewing.ts'

const MAX_AGE_S = { growing: 1, complete: 60 }
/** Longest time that one playlist may have. */
const MAX_RANGE_MS = 7 * 86_400_000
/** After so long nothing more comes of a broadcast that is over, unless its node was away. */
const UPLOAD_GRACE_MS = 60_000

/**
 * A playlist over a time of a stream's archive, live where that goes on. Throws as `admitViewer` does, and `STREAM_NOT_FOUND`,
 * `RECORDING_EMPTY`, `REQUEST_INVALID`.
 */
export async function getTimeshift(
  unit: PublicUnit,
  streamId: string,
  query: TimeshiftQuery,
  caller: Caller,
): Promise<Reply> {
  const [stream] = await unit.db.select().from(streams).where(eq(streams.id, streamId))
  if (stream === undefined) throw failure('STREAM_NOT_FOUND', `no stream ${streamId}`)
  const doors = await selectDoors(unit, and(eq(playbackIds.streamId, streamId), isNull(playbackIds.recordingId)))
  const viewing = await admitViewer(unit, doors, { caller, token: query.token })
  const asked = await rangeOf(unit, streamId, query)
  const fromMs = Math.max(asked.fromMs, viewing.limits.fromMs)
  const toMs = Math.min(asked.toMs ?? Number.POSITIVE_INFINITY, viewing.limits.toMs)
  if (fromMs >= toMs) throw failure('PLAYBACK_TOKEN_RANGE', 'the token is for another time')
  const range = { fromMs, toMs: Number.isFinite(toMs) ? toMs : undefined }
  const part = await segmentsOf(unit.db, { streamId }, range)
  const growing = toMs > unit.now.getTime() && goesOn(unit, stream, part)
  const listed = listedSegments(part, growing, growing ? 'gap' : 'skip')
  const [first] = listed
  if (first === undefined) throw failure('RECORDING_EMPTY', 'there are no media of this time')
  const mediaMs = (range.toMs ?? unit.now.getTime()) - fromMs
  const storageIds = [...part.takes.values()].map(({ storageId }) => storageId)
  const urlOf = await objectUrls(unit, storageIds, {
    ...lifetimeOf(unit.now, { viewing, mediaMs }),
    baseUrl: caller.baseUrl,
  })
  const segmentS = Math.round(first.segment.durationMs / 1000) || SEGMENT_S.default
  const numbers = growing ? await numbersOf(unit, first) : {}
  const head = { kind: growing ? ('live' as const) : ('vod' as const), segmentS, ...numbers }
  return {
    status: 200,
    text: {
      type: 'application/vnd.apple.mpegurl',
      text: writeMediaPlaylist(mediaPlaylist(listed, head, urlOf)),
    },
    headers: viewerHeaders(viewing, growing ? MAX_AGE_S.growing : MAX_AGE_S.complete),
  }
}

async function rangeOf(
  unit: PublicUnit,
  streamId: string,
  { start, end }: TimeshiftQuery,
): Promise<{ fromMs: number; toMs: number | undefined }> {
  const wrong = (pointer: string, message: string) => new RequestInvalid([{ pointer, code: 'custom', message }])
  const nowMs = unit.now.getTime()
  const toMs = end === undefined ? undefined : Date.parse(end)
  const window = start === undefined ? (await archiveSettingsOf(unit.db, streamId)).dvrWindowS * 1000 : 0
  if (start === undefined && window === 0) throw wrong('start', 'is needed: the stream has no dvr_window_s')
  const fromMs = start === undefined ? nowMs - window : Date.parse(start)
  if (fromMs >= (toMs ?? nowMs)) throw wrong('start', 'must be before end, and not in the future')
  if ((toMs ?? nowMs) - fromMs > MAX_RANGE_MS) throw wrong('start', 'must be at most seven days before end')
  return { fromMs, toMs }
}

/** Whether more segments may come: of a broadcast that is on, or of what its node still uploads. */
function goesOn(unit: PublicUnit, { status }: typeof streams.$inferSelect, { segments, takes: known }: ArchivePart) {
  if (status !== 'idle') return true
  const last = segments.at(-1)
  if (last === undefined || known.get(last.takeId)?.closedAt !== null) return false
  return last.startsAtMs + last.durationMs > unit.now.getTime() - UPLOAD_GRACE_MS
}

/**
 * The numbers of the first segment of a playlist from whose front segments go: counted over all takes of the stream, so that
 * the same segment has the same number in each.
 */
async function numbersOf(
  unit: PublicUnit,
  { take, segment }: ListedSegment,
): Promise<{ mediaSequence: number; discontinuitySequence: number }> {
  const counted = sql`(select max(seq) + 1 from ${mediaSegments} where ${mediaSegments.takeId} = ${takes.id})`
  const [before] = await unit.db
    .select({
      segments: sql<number>`coalesce(sum(coalesce(${takes.segments}, ${counted}, 0)), 0)::float8`,
      takes: sql<number>`count(*)::int`,
    })
    .from(takes)
    .where(and(eq(takes.streamId, take.streamId), lt(takes.id, take.id)))
  return { mediaSequence: before!.segments + segment.seq, discontinuitySequence: before!.takes }
}
