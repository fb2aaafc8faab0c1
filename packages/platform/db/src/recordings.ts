import { and, desc, eq, isNotNull, lte, ne, sql } from 'drizzle-orm'

import { archiveFormatOf, type ArchiveSettings, archiveSettingsOf } from './archive-orders.ts'
import { type BroadcastUnit, lockStreamRow, type SessionRow } from './broadcasts.ts'
import { type Db, transaction } from './connect.ts'
import { newId } from './ids.ts'
import { endedFactsOf, type RecordingRow, tellRecording } from './recording-events.ts'
import { mediaSegments, playbackIds, recordings, sessions, streams } from './schema.ts'

const DAY_MS = 86_400_000

/** What a recording is begun with. */
export type NewRecording = Pick<
  RecordingRow,
  | 'projectId'
  | 'streamId'
  | 'mode'
  | 'plan'
  | 'splitS'
  | 'format'
  | 'segmentS'
  | 'storageId'
  | 'path'
  | 'retentionDays'
  | 'startedAt'
> &
  Partial<Pick<RecordingRow, 'title' | 'metadata'>>

/** The recording of a stream that is open, locked; the caller holds the lock on the stream. */
export async function openRecordingOf(unit: BroadcastUnit, streamId: string): Promise<RecordingRow | undefined> {
  const [row] = await unit.db
    .select()
    .from(recordings)
    .where(and(eq(recordings.streamId, streamId), eq(recordings.status, 'recording')))
    .for('update')
  return row
}

/**
 * Sees to it that a broadcast that begins is recorded, if it is to be: in the recording that waits for it, or in a new one.
 * The caller holds the lock on the stream.
 */
export async function recordBroadcast(unit: BroadcastUnit, session: SessionRow): Promise<void> {
  const { streamId, startedAt } = session
  const open = await openRecordingOf(unit, streamId)
  if (open !== undefined) {
    const overdue = open.closeAt !== null && open.closeAt < startedAt && open.plan !== 'append'
    if (!overdue) {
      if (open.closeAt !== null) await changeRecording(unit, open.id, { closeAt: null })
      return
    }
    await endRecording(unit, open, await endOfBroadcasts(unit, open))
  }
  const settings = await archiveSettingsOf(unit.db, streamId)
  if (settings.record?.mode !== 'automatic' || settings.storageId === null) return
  const last = await lastRecording(unit, streamId)
  if (last !== undefined && appends(last, settings)) {
    const [row] = await changeRecording(unit, last.id, {
      status: 'recording',
      endedAt: null,
      closeAt: null,
      expiresAt: null,
    })
    await tellRecording(unit, 'recording.started', row!, {}, session.id)
    return
  }
  const { record, storageId } = settings
  const row = await beginRecording(unit, {
    projectId: session.projectId,
    streamId,
    mode: 'automatic',
    plan: record.plan,
    splitS: record.plan === 'segment' ? record.split_s : null,
    format: record.format,
    segmentS: record.segment_s,
    storageId,
    path: record.path,
    retentionDays: record.retention_days,
    // what a node tells late must not reach into what was recorded since
    startedAt: last?.endedAt != null && last.endedAt > startedAt ? last.endedAt : startedAt,
  })
  await tellRecording(unit, 'recording.started', row, {}, session.id)
}

/** Whether the plan `append` goes on with this recording. */
function appends(last: RecordingRow, { record, storageId }: ArchiveSettings): boolean {
  return (
    record?.plan === 'append' &&
    last.plan === 'append' &&
    last.mode === 'automatic' &&
    last.storageId === storageId &&
    archiveFormatOf(last.format) === archiveFormatOf(record.format)
  )
}

async function lastRecording({ db }: BroadcastUnit, streamId: string): Promise<RecordingRow | undefined> {
  const [row] = await db
    .select()
    .from(recordings)
    .where(and(eq(recordings.streamId, streamId), ne(recordings.status, 'deleted')))
    .orderBy(desc(recordings.startedAt))
    .limit(1)
    .for('update')
  return row
}

/**
 * Makes a recording, with a playback id of its stream's policy. The caller holds the lock on the stream, has seen that none
 * is open, and tells `recording.started`.
 */
export async function beginRecording(unit: BroadcastUnit, recording: NewRecording): Promise<RecordingRow> {
  const [row] = await unit.db
    .insert(recordings)
    .values({ ...recording, id: newId('recording') })
    .returning()
  const [stream] = await unit.db
    .select({ policy: streams.playbackPolicy })
    .from(streams)
    .where(eq(streams.id, recording.streamId))
  const { projectId, streamId } = recording
  await unit.db
    .insert(playbackIds)
    .values({ id: newId('playback'), projectId, streamId, recordingId: row!.id, policy: stream!.policy })
  return row!
}

/**
 * Ends a recording that is open: what begins later is no part of it. It is finished once all its media are in the storage.
 * The caller holds the lock on the stream.
 */
export async function endRecording(unit: BroadcastUnit, recording: RecordingRow, at: Date): Promise<RecordingRow> {
  const { id, startedAt, retentionDays } = recording
  const endedAt = at > startedAt ? at : startedAt
  await changeRecording(unit, id, {
    status: 'uploading',
    endedAt,
    closeAt: null,
    expiresAt: retentionDays === null ? null : new Date(endedAt.getTime() + retentionDays * DAY_MS),
  })
  const row = await recountRecording(unit, id)
  await tellRecording(unit, 'recording.uploading', row, endedFactsOf(row))
  return row
}

/** Ends a recording that is open and begins another like it, at the same moment. The caller holds the lock on the stream. */
export async function splitRecording(
  unit: BroadcastUnit,
  recording: RecordingRow,
  at: Date,
): Promise<{ ended: RecordingRow; started: RecordingRow }> {
  await endRecording(unit, recording, at)
  const { id: _, createdAt: _made, updatedAt: _changed, ...like } = recording
  const { projectId, streamId, title, metadata, mode, plan, splitS } = like
  const { format, segmentS, storageId, path, retentionDays } = like
  const settings = { mode, plan, splitS, format, segmentS, storageId, path, retentionDays }
  const begun = await beginRecording(unit, { projectId, streamId, title, metadata, ...settings, startedAt: at })
  if (recording.closeAt !== null) await changeRecording(unit, begun.id, { closeAt: recording.closeAt })
  const moved = await unit.db
    .update(mediaSegments)
    .set({ recordingId: begun.id })
    .where(and(eq(mediaSegments.recordingId, recording.id), sql`${mediaSegments.startsAt} >= ${at.toISOString()}`))
    .returning({ seq: mediaSegments.seq })
  const ended = await recountRecording(unit, recording.id)
  const started = moved.length === 0 ? begun : await recountRecording(unit, begun.id)
  await tellRecording(unit, 'recording.started', started, {})
  return { ended, started }
}

/** Counts the segments of a recording anew, and lets the index of it be finished again. Returns its row. */
export async function recountRecording({ db }: BroadcastUnit, id: string): Promise<RecordingRow> {
  const first = sql`(select min(starts_at) from media_segments where recording_id = ${id})`
  const breaks = sql`(discontinuity or seq = 0) and lost_code is null and starts_at > ${first}`
  const [counted] = await db
    .select({
      segments: sql<number>`count(*) filter (where lost_code is null)::int`,
      lostSegments: sql<number>`count(lost_code)::int`,
      durationMs: sql<number>`coalesce(sum(duration_ms) filter (where lost_code is null), 0)`,
      segmentBytes: sql<number>`coalesce(sum(bytes), 0)::float8`,
      discontinuities: sql<number>`count(*) filter (where ${breaks})::int`,
    })
    .from(mediaSegments)
    .where(eq(mediaSegments.recordingId, id))
  const [row] = await db
    .update(recordings)
    .set({ ...counted, indexVersion: sql`${recordings.indexVersion} + 1` })
    .where(eq(recordings.id, id))
    .returning()
  return row!
}

/** When the last broadcast in an open recording whose publisher has gone was over. */
async function endOfBroadcasts({ db }: BroadcastUnit, { streamId, closeAt }: RecordingRow): Promise<Date> {
  const limit = closeAt!
  const [row] = await db
    .select({ endedAt: sessions.endedAt })
    .from(sessions)
    .where(and(eq(sessions.streamId, streamId), isNotNull(sessions.endedAt), lte(sessions.endedAt, limit)))
    .orderBy(desc(sessions.id))
    .limit(1)
  return row?.endedAt ?? limit
}

/** Recordings ended by one run of `closeDueRecordings`. */
const CLOSE_BATCH = 500

/**
 * Ends the recordings whose publisher has not come back within the reconnect window. For whoever runs it every second or so;
 * any number may at the same time. Returns how many.
 */
export async function closeDueRecordings(db: Db, now: Date): Promise<number> {
  const due = await db
    .select({ id: recordings.id, streamId: recordings.streamId })
    .from(recordings)
    .where(and(eq(recordings.status, 'recording'), lte(recordings.closeAt, now)))
    .limit(CLOSE_BATCH)
  let closed = 0
  for (const { id, streamId } of due) {
    const done = await transaction(db, async (tx) => {
      const unit = { db: tx, now }
      if (!(await lockStreamRow(unit, streamId))) return false
      const open = await openRecordingOf(unit, streamId)
      if (open?.id !== id || open.closeAt === null || open.closeAt > now) return false
      await endRecording(unit, open, await endOfBroadcasts(unit, open))
      return true
    })
    if (done) closed++
  }
  return closed
}

/** Changes a recording in a way that isn't told. */
export async function changeRecording(
  { db }: BroadcastUnit,
  id: string,
  set: Partial<RecordingRow>,
): Promise<RecordingRow[]> {
  return db.update(recordings).set(set).where(eq(recordings.id, id)).returning()
}

/** A recording, locked. Whoever locks its stream as well locks that first. */
export async function lockRecording({ db }: BroadcastUnit, id: string): Promise<RecordingRow | undefined> {
  const [row] = await db.select().from(recordings).where(eq(recordings.id, id)).for('update')
  return row
}
