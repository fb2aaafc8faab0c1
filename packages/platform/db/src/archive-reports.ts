import type { ArchiveReport } from '@millrace/contracts'
import { segmentKey } from '@millrace/contracts'
import { ServiceError } from '@millrace/core'
import { and, eq, gt, gte, isNull, lt, ne, or, sql } from 'drizzle-orm'

import { archiveFormatOf, archiveOrderOf, steerArchive } from './archive-orders.ts'
import { type BroadcastUnit, lockStreamRow } from './broadcasts.ts'
import type { Queryable } from './connect.ts'
import { type RecordingRow, tellRecording } from './recording-events.ts'
import { openRecordingOf, recountRecording, splitRecording } from './recordings.ts'
import { mediaSegments, recordings, streamLeases, takes, webhookEndpoints } from './schema.ts'
import { ensureTake, lockTake, noteHeard, type TakeRow } from './takes.ts'

type Report<T extends ArchiveReport['type']> = Extract<ArchiveReport, { type: T }>
type SegmentReport = Report<'segment.stored' | 'segment.lost'>

/** Applies what a node reports of its archive; again is harmless. Throws ServiceError `TAKE_NOT_FOUND`, and as `ensureTake`. */
export function applyArchiveReport(unit: BroadcastUnit, nodeId: string, report: ArchiveReport): Promise<void> {
  switch (report.type) {
    case 'take.opened':
      return opened(unit, nodeId, report)
    case 'take.tracks':
      return tracks(unit, nodeId, report)
    case 'segment.stored':
    case 'segment.lost':
      return segment(unit, nodeId, report)
    case 'take.closed':
      return closed(unit, nodeId, report)
  }
}

async function opened(unit: BroadcastUnit, nodeId: string, report: Report<'take.opened'>): Promise<void> {
  const { take_id: takeId, stream_id: streamId, session_id: sessionId, storage_id: storageId, format } = report
  if (!(await lockStreamRow(unit, streamId))) throw new ServiceError('STREAM_NOT_FOUND', `no stream ${streamId}`)
  const epoch = report.epoch ?? (await epochOf(unit, streamId, sessionId))
  const claim = { takeId, nodeId, streamId, sessionId, storageId, format, epoch }
  const take = await ensureTake(unit, claim)
  if (take.openedAt !== null) return
  const openedAt = new Date(report.at)
  await unit.db.update(takes).set({ openedAt, epoch }).where(eq(takes.id, takeId))
  if (epoch !== null) await supersede(unit, { ...take, epoch }, openedAt)
  const order = await archiveOrderOf(unit.db, streamId, { starting: false })
  // a grant from a cache may know an older order
  if (order?.storage_id !== storageId || order.format !== format) await steerArchive(unit, streamId)
}

/** Of a broadcast that was admitted while control was away: the one that it was given when it was reported. */
async function epochOf({ db }: BroadcastUnit, streamId: string, sessionId: string): Promise<number | null> {
  const [lease] = await db
    .select({ epoch: streamLeases.epoch })
    .from(streamLeases)
    .where(and(eq(streamLeases.streamId, streamId), eq(streamLeases.sessionId, sessionId)))
  return lease?.epoch ?? null
}

/** What former publishers of the stream have sent since this one had it is no part of the archive: its objects are orphans. */
async function supersede(unit: BroadcastUnit, { streamId, epoch }: TakeRow, openedAt: Date): Promise<void> {
  const dropped = await unit.db
    .delete(mediaSegments)
    .where(
      and(
        eq(mediaSegments.streamId, streamId),
        gte(mediaSegments.startsAt, openedAt),
        sql`${mediaSegments.takeId} in (select id from ${takes} where ${takes.streamId} = ${streamId} and ${takes.epoch} < ${epoch})`,
      ),
    )
    .returning({ recordingId: mediaSegments.recordingId })
  for (const id of new Set(dropped.map(({ recordingId }) => recordingId))) {
    if (id !== null) await recountRecording(unit, id)
  }
}

async function tracks(unit: BroadcastUnit, nodeId: string, report: Report<'take.tracks'>): Promise<void> {
  const take = await lockTake(unit, nodeId, report.take_id)
  const others = take.tracks.filter(({ init }) => init !== report.init)
  const entry = { init: report.init, tracks: report.tracks, bandwidth: report.bandwidth ?? null }
  const all = [...others, entry].toSorted((a, b) => a.init - b.init)
  await unit.db.update(takes).set({ tracks: all }).where(eq(takes.id, take.id))
}

async function segment(unit: BroadcastUnit, nodeId: string, report: SegmentReport): Promise<void> {
  const [known] = await unit.db.select({ streamId: takes.streamId }).from(takes).where(eq(takes.id, report.take_id))
  if (known !== undefined) await lockStreamRow(unit, known.streamId)
  const take = await lockTake(unit, nodeId, report.take_id)
  const startsAt = new Date(report.starts_at)
  if (await isStale(unit, take, startsAt)) return
  const recording = await recordingFor(unit, take, startsAt, report.duration_ms)
  const inserted = await insertSegment(unit, take, recording?.id ?? null, report)
  if (!inserted) return
  await noteHeard(unit, take)
  if (recording === undefined) return
  await count(unit, recording.id, report)
  if (report.type === 'segment.stored') await tellSegment(unit, recording, take, report)
}

/** Whether another publisher has had the stream since. */
async function isStale({ db }: BroadcastUnit, { streamId, epoch }: TakeRow, startsAt: Date): Promise<boolean> {
  if (epoch === null) return false
  const rows = await db
    .select({ id: takes.id })
    .from(takes)
    .where(
      and(eq(takes.streamId, streamId), gt(takes.epoch, epoch), sql`${takes.openedAt} <= ${startsAt.toISOString()}`),
    )
    .limit(1)
  return rows.length > 0
}

async function insertSegment(
  { db }: BroadcastUnit,
  { id: takeId, streamId }: TakeRow,
  recordingId: string | null,
  report: SegmentReport,
): Promise<boolean> {
  const facts =
    report.type === 'segment.lost'
      ? { lostCode: report.code }
      : {
          init: report.init,
          bytes: report.bytes,
          videoFrames: report.video_frames,
          audioFrames: report.audio_frames,
          discontinuity: report.discontinuity,
        }
  const { segment: seq, starts_at: startsAt, duration_ms: durationMs } = report
  const rows = await db
    .insert(mediaSegments)
    .values({ takeId, seq, streamId, recordingId, startsAt: new Date(startsAt), durationMs, ...facts })
    .onConflictDoNothing()
    .returning({ seq: mediaSegments.seq })
  return rows.length > 0
}

/**
 * The recording that a segment is part of: the one whose range has its beginning, else the one that begins within it. With the
 * plan `segment` a recording that is long enough ends here, and the next begins.
 */
async function recordingFor(
  unit: BroadcastUnit,
  take: TakeRow,
  startsAt: Date,
  durationMs: number,
): Promise<RecordingRow | undefined> {
  const starts = startsAt.toISOString()
  const [row] = await unit.db
    .select()
    .from(recordings)
    .where(
      and(
        eq(recordings.streamId, take.streamId),
        ne(recordings.status, 'deleted'),
        lt(recordings.startedAt, new Date(startsAt.getTime() + Math.max(1, durationMs))),
        or(isNull(recordings.endedAt), gt(recordings.endedAt, startsAt)),
      ),
    )
    .orderBy(sql`${recordings.startedAt} <= ${starts} desc`, recordings.startedAt)
    .limit(1)
  if (row?.storageId !== take.storageId || archiveFormatOf(row.format) !== take.format) return undefined
  const full = row.splitS !== null && startsAt.getTime() - row.startedAt.getTime() >= row.splitS * 1000
  if (row.status !== 'recording' || !full || row.segments === 0) return row
  const open = await openRecordingOf(unit, take.streamId)
  return (await splitRecording(unit, open!, startsAt)).started
}

async function count({ db }: BroadcastUnit, id: string, report: SegmentReport): Promise<void> {
  const indexVersion = sql`${recordings.indexVersion} + 1`
  const set =
    report.type === 'segment.lost'
      ? { lostSegments: sql`${recordings.lostSegments} + 1`, indexVersion }
      : {
          segments: sql`${recordings.segments} + 1`,
          durationMs: sql`${recordings.durationMs} + ${report.duration_ms}::float8`,
          segmentBytes: sql`${recordings.segmentBytes} + ${report.bytes}::bigint`,
          indexVersion,
          ...((report.discontinuity || report.segment === 0) && {
            discontinuities: sql`${recordings.discontinuities} + least(${recordings.segments}, 1)`,
          }),
        }
  await db.update(recordings).set(set).where(eq(recordings.id, id))
}

/** Tells of a segment, if any endpoint has asked for that. */
async function tellSegment(
  unit: BroadcastUnit,
  recording: RecordingRow,
  take: TakeRow,
  report: Report<'segment.stored'>,
): Promise<void> {
  if (!(await wantsSegments(unit.db, recording.projectId))) return
  await tellRecording(
    unit,
    'recording.segment',
    recording,
    {
      storage_id: take.storageId,
      key: segmentKey(take.streamId, take.id, report.segment, take.format),
      segment_started_at: report.starts_at,
      duration_s: report.duration_ms / 1000,
      bytes: report.bytes,
      discontinuity: report.discontinuity,
    },
    take.sessionId,
  )
}

async function wantsSegments(db: Queryable, projectId: string): Promise<boolean> {
  const rows = await db
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(
      and(
        eq(webhookEndpoints.projectId, projectId),
        eq(webhookEndpoints.enabled, true),
        sql`'recording.segment' = any(${webhookEndpoints.eventTypes})`,
      ),
    )
    .limit(1)
  return rows.length > 0
}

async function closed(unit: BroadcastUnit, nodeId: string, report: Report<'take.closed'>): Promise<void> {
  const take = await lockTake(unit, nodeId, report.take_id)
  if (take.closedAt !== null) return
  const closedAt = new Date(report.at)
  await unit.db
    .update(takes)
    .set({ closedAt, segments: report.segments, pendingSegments: 0, pendingBytes: 0 })
    .where(eq(takes.id, take.id))
  // what was waited for in vain may be whole now
  await unit.db
    .update(recordings)
    .set({ indexVersion: sql`${recordings.indexVersion} + 1` })
    .where(
      and(
        eq(recordings.streamId, take.streamId),
        eq(recordings.status, 'partial'),
        gt(recordings.endedAt, take.openedAt ?? take.createdAt),
        sql`${recordings.startedAt} < ${closedAt.toISOString()}`,
      ),
    )
}
