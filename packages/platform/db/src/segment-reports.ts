import type { ArchiveReport } from '@millrace/contracts'
import { segmentKey } from '@millrace/contracts'
import { and, desc, eq, gt, isNull, lt, ne, or, sql } from 'drizzle-orm'

import { archiveFormatOf } from './archive-orders.ts'
import type { BroadcastUnit } from './broadcasts.ts'
import { type RecordingRow, tellRecording } from './recording-events.ts'
import { changeRecording, openRecordingOf, splitRecording } from './recordings.ts'
import { mediaSegments, recordings, sessions, streams, takes, webhookEndpoints } from './schema.ts'
import { noteHeard, requireOwn, type TakeRow } from './takes.ts'

/** What a node reports of a segment. */
export type SegmentReport = Extract<ArchiveReport, { type: 'segment.stored' | 'segment.lost' }>

const startOf = (report: SegmentReport): Date => new Date(report.starts_at)
const endOf = (report: SegmentReport): Date => new Date(Date.parse(report.starts_at) + Math.max(1, report.duration_ms))

/**
 * Enters segments of one take into the index, and into the recordings that they are part of; again is harmless. A recording
 * with the plan `segment` that is long enough ends where a segment begins. Throws ServiceError `TAKE_NOT_FOUND`, `TAKE_FOREIGN`.
 */
export async function applySegmentReports(
  unit: BroadcastUnit,
  nodeId: string,
  reports: readonly SegmentReport[],
): Promise<void> {
  const inOrder = reports.toSorted((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at))
  const take = await lockWithStream(unit, nodeId, inOrder[0]!.take_id)
  const { staleFrom, lostAt, wanted } = await circumstancesOf(unit, take)
  const ranges = await recordingsOf(unit, take, startOf(inOrder[0]!), endOf(inOrder.at(-1)!))
  let together: SegmentReport[] = []
  let recording: RecordingRow | undefined
  const flush = async (): Promise<void> => {
    if (together.length > 0) recording = await enter(unit, take, recording, together, wanted)
    together = []
  }
  for (const report of inOrder) {
    if (staleFrom !== null && startOf(report) >= staleFrom) continue
    const next = recordingFor(ranges, take, report) ?? (lostAt && (await prolong(unit, ranges, take, report, lostAt)))
    if (next?.id !== recording?.id) {
      await flush()
      recording = next
    }
    if (recording !== undefined && isFull(recording, together.length, startOf(report))) {
      await flush()
      recording = await split(unit, ranges, recording, startOf(report))
    }
    together.push(report)
  }
  await flush()
  await noteHeard(unit, take)
}

/** Both rows are locked by one statement, the stream's first. Throws as `requireOwn`. */
async function lockWithStream({ db }: BroadcastUnit, nodeId: string, id: string): Promise<TakeRow> {
  const [row] = await db
    .select({ take: takes })
    .from(streams)
    .innerJoin(takes, eq(takes.streamId, streams.id))
    .where(eq(takes.id, id))
    .for('update')
  return requireOwn(row?.take, nodeId, id)
}

/** What holds for all segments of a take. */
interface Circumstances {
  /** Since when another publisher has the stream; null when none has. */
  staleFrom: Date | null
  /** When its broadcast was given up because its node was not heard of; undefined for one that ended otherwise. */
  lostAt: Date | undefined
  /** Whether some endpoint has asked to be told of segments. */
  wanted: boolean
}

async function circumstancesOf({ db }: BroadcastUnit, take: TakeRow): Promise<Circumstances> {
  const [row] = await db
    .select({
      endedAt: sessions.endedAt,
      endReason: sessions.endReason,
      staleMs: sql<number | null>`(select min(extract(epoch from later.opened_at) * 1000)::float8 from takes as later
        where later.stream_id = ${take.streamId} and later.epoch > ${take.epoch})`,
      wanted: sql<boolean>`exists (select from ${webhookEndpoints} where ${webhookEndpoints.projectId} = ${take.projectId}
        and ${webhookEndpoints.enabled} and 'recording.segment' = any(${webhookEndpoints.eventTypes}))`,
    })
    .from(takes)
    .leftJoin(sessions, eq(sessions.id, takes.sessionId))
    .where(eq(takes.id, take.id))
  const { staleMs, wanted, endedAt, endReason } = row!
  const lostAt = endReason === 'node_lost' ? (endedAt ?? undefined) : undefined
  return { staleFrom: staleMs === null ? null : new Date(staleMs), lostAt, wanted }
}

/** The recordings of a stream that have a part in this time, in order. */
function recordingsOf({ db }: BroadcastUnit, { streamId }: TakeRow, from: Date, to: Date): Promise<RecordingRow[]> {
  return db
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
    .orderBy(recordings.startedAt)
}

/** The recording whose range has the beginning of a segment, else the one that begins within it. */
function recordingFor(ranges: readonly RecordingRow[], take: TakeRow, report: SegmentReport): RecordingRow | undefined {
  const [starts, ends] = [startOf(report), endOf(report)]
  const overlaps = ranges.filter(({ startedAt, endedAt }) => startedAt < ends && (endedAt === null || endedAt > starts))
  const row = overlaps.find(({ startedAt }) => startedAt <= starts) ?? overlaps[0]
  const fits = row?.storageId === take.storageId && archiveFormatOf(row.format) === take.format
  return fits ? row : undefined
}

/**
 * The recording that ended with a broadcast because nobody heard of its node, where the broadcast went on: it ends later.
 * Undefined when there is none, or another began since.
 */
async function prolong(
  unit: BroadcastUnit,
  ranges: RecordingRow[],
  take: TakeRow,
  report: SegmentReport,
  lostAt: Date,
): Promise<RecordingRow | undefined> {
  const [last] = await unit.db
    .select()
    .from(recordings)
    .where(and(eq(recordings.streamId, take.streamId), ne(recordings.status, 'deleted')))
    .orderBy(desc(recordings.startedAt))
    .limit(1)
  if (last === undefined || last.endedAt === null || last.endedAt < lostAt || last.endedAt > startOf(report))
    return undefined
  const endedAt = endOf(report)
  const expiresAt = last.expiresAt && new Date(last.expiresAt.getTime() + endedAt.getTime() - last.endedAt.getTime())
  const [row] = await changeRecording(unit, last.id, { endedAt, expiresAt })
  const at = ranges.findIndex(({ id }) => id === last.id)
  ranges.splice(Math.max(0, at), at < 0 ? 0 : 1, row!)
  return recordingFor(ranges, take, report)
}

/** Whether a recording is to end where another segment begins. `more`: segments of it that are not entered yet. */
function isFull({ status, splitS, startedAt, segments }: RecordingRow, more: number, at: Date): boolean {
  if (status !== 'recording' || splitS === null || segments + more === 0) return false
  return at.getTime() - startedAt.getTime() >= splitS * 1000
}

/** Ends a recording and begins the next, which is the one that is returned; `ranges` follow. */
async function split(
  unit: BroadcastUnit,
  ranges: RecordingRow[],
  { id, streamId }: RecordingRow,
  at: Date,
): Promise<RecordingRow> {
  const open = await openRecordingOf(unit, streamId)
  const { ended, started } = await splitRecording(unit, open!, at)
  ranges.splice(
    ranges.findIndex((row) => row.id === id),
    1,
    ended,
    started,
  )
  return started
}

/** Enters segments of a recording, or of none. Returns the recording with them. */
async function enter(
  unit: BroadcastUnit,
  take: TakeRow,
  recording: RecordingRow | undefined,
  reports: readonly SegmentReport[],
  wanted: boolean,
): Promise<RecordingRow | undefined> {
  const rows = await unit.db
    .insert(mediaSegments)
    .values(reports.map((report) => rowOf(take, recording?.id ?? null, report)))
    .onConflictDoNothing()
    .returning({ seq: mediaSegments.seq })
  const entered = new Set(rows.map(({ seq }) => seq))
  const fresh = reports.filter(({ segment }) => entered.has(segment))
  if (recording === undefined || fresh.length === 0) return recording
  const row = await count(unit, recording, fresh)
  for (const report of wanted ? fresh : []) await tellSegment(unit, row, take, report)
  return row
}

function rowOf(
  { id: takeId, streamId }: TakeRow,
  recordingId: string | null,
  report: SegmentReport,
): typeof mediaSegments.$inferInsert {
  const { segment: seq, duration_ms: durationMs } = report
  const place = { takeId, seq, streamId, recordingId, startsAt: startOf(report), durationMs }
  if (report.type === 'segment.lost') return { ...place, lostCode: report.code }
  const { init, bytes, video_frames: videoFrames, audio_frames: audioFrames, discontinuity } = report
  return { ...place, init, bytes, videoFrames, audioFrames, discontinuity }
}

/** Adds segments to the counts of a recording; the stream is locked, so that `recording` is what it is now. */
async function count(
  { db }: BroadcastUnit,
  recording: RecordingRow,
  reports: readonly SegmentReport[],
): Promise<RecordingRow> {
  const stored = reports.filter((report) => report.type === 'segment.stored')
  const breaks = stored.filter(({ discontinuity, segment }, i) => {
    const first = recording.segments === 0 && i === 0
    return (discontinuity || segment === 0) && !first
  })
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const durationMs = sum(stored.map((report) => report.duration_ms))
  const bytes = sum(stored.map((report) => report.bytes))
  const [row] = await db
    .update(recordings)
    .set({
      segments: sql`${recordings.segments} + ${stored.length}`,
      lostSegments: sql`${recordings.lostSegments} + ${reports.length - stored.length}`,
      durationMs: sql`${recordings.durationMs} + ${durationMs}::float8`,
      segmentBytes: sql`${recordings.segmentBytes} + ${bytes}::bigint`,
      discontinuities: sql`${recordings.discontinuities} + ${breaks.length}`,
      indexVersion: sql`${recordings.indexVersion} + 1`,
    })
    .where(eq(recordings.id, recording.id))
    .returning()
  return row!
}

async function tellSegment(
  unit: BroadcastUnit,
  recording: RecordingRow,
  take: TakeRow,
  report: SegmentReport,
): Promise<void> {
  if (report.type === 'segment.lost') return
  const data = {
    storage_id: take.storageId,
    key: segmentKey(take.streamId, take.id, report.segment, take.format),
    segment_started_at: report.starts_at,
    duration_s: report.duration_ms / 1000,
    bytes: report.bytes,
    discontinuity: report.discontinuity,
  }
  await tellRecording(unit, 'recording.segment', recording, data, take.sessionId)
}
