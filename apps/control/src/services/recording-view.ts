import { type Recording, recordingPrefix, type RecordingProgress } from '@millrace/contracts'
import {
  gapsOfRecordings,
  jobs,
  playbackIds,
  type Queryable,
  type RecordingRow,
  recordings,
  sessions,
  sizeOf,
  takes,
} from '@millrace/db'
import { and, asc, eq, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm'

import { timestamp } from './lists.ts'
import { presentPlaybackId, selectPlaybackIds } from './playback-id-rows.ts'

/** What is shown of recordings beside their rows. */
interface Beside {
  sessionIds: ReadonlyMap<string, string[]>
  playback: ReadonlyMap<string | null, Awaited<ReturnType<typeof selectPlaybackIds>>>
  gaps: Awaited<ReturnType<typeof gapsOfRecordings>>
  pending: ReadonlyMap<string, { segments: number; bytes: number }>
  finishes: ReadonlyMap<string, number>
}

/** Recordings as the API shows them, in the same order: a few queries, however many they are. */
export async function presentRecordings(db: Queryable, rows: readonly RecordingRow[]): Promise<Recording[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const changed = rows.filter((row) => !hasGaps(row)).map(({ id }) => id)
  const growing = rows.filter(({ status }) => status !== 'ready' && status !== 'deleted').map(({ id }) => id)
  const beside: Beside = {
    sessionIds: await sessionsIn(db, ids),
    playback: Map.groupBy(await selectPlaybackIds(db, inArray(playbackIds.recordingId, ids)), (row) => row.recordingId),
    gaps: await gapsOfRecordings(db, changed),
    pending: await pendingOf(db, growing),
    finishes: await finishesOf(db, rows),
  }
  return rows.map((row) => present(row, beside))
}

/** Whether the gaps that its last finish found are those of now. */
const hasGaps = ({ gaps, indexVersion, finishedVersion }: RecordingRow): boolean =>
  gaps !== null && indexVersion === finishedVersion

/** The broadcasts that were on within each of them, in order. */
async function sessionsIn(db: Queryable, ids: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await db
    .select({ recordingId: recordings.id, sessionId: sessions.id })
    .from(recordings)
    .innerJoin(
      sessions,
      and(
        eq(sessions.streamId, recordings.streamId),
        or(isNull(recordings.endedAt), lt(sessions.startedAt, recordings.endedAt)),
        or(isNull(sessions.endedAt), gt(sessions.endedAt, recordings.startedAt)),
      ),
    )
    .where(inArray(recordings.id, [...ids]))
    .orderBy(asc(sessions.id))
  const groups = Map.groupBy(rows, ({ recordingId }) => recordingId)
  return new Map([...groups].map(([id, list]) => [id, list.map(({ sessionId }) => sessionId)]))
}

/** What of each of them waits on nodes, as they last said. */
async function pendingOf(db: Queryable, ids: readonly string[]): Promise<Beside['pending']> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .select({
      id: recordings.id,
      segments: sql<number>`sum(${takes.pendingSegments})::int`,
      bytes: sql<number>`sum(${takes.pendingBytes})::float8`,
    })
    .from(recordings)
    .innerJoin(takes, and(eq(takes.streamId, recordings.streamId), eq(takes.storageId, recordings.storageId)))
    .leftJoin(sessions, eq(sessions.id, takes.sessionId))
    .where(
      and(
        inArray(recordings.id, [...ids]),
        isNull(takes.closedAt),
        gt(takes.pendingSegments, 0),
        or(isNull(recordings.endedAt), lt(takes.createdAt, recordings.endedAt), lt(takes.openedAt, recordings.endedAt)),
        or(isNull(sessions.endedAt), gt(sessions.endedAt, recordings.startedAt)),
      ),
    )
    .groupBy(recordings.id)
  return new Map(rows.map(({ id, segments, bytes }) => [id, { segments, bytes }]))
}

/** How far the finishes are that go on, percent by job. */
async function finishesOf(db: Queryable, rows: readonly RecordingRow[]): Promise<Map<string, number>> {
  const ids = rows.flatMap(({ jobId, status }) => (jobId === null || status === 'deleted' ? [] : [jobId]))
  if (ids.length === 0) return new Map()
  const running = await db
    .select({ id: jobs.id, done: jobs.done, total: jobs.total })
    .from(jobs)
    .where(and(inArray(jobs.id, ids), eq(jobs.type, 'recording.finish'), inArray(jobs.status, ['queued', 'running'])))
  return new Map(
    running.map(({ id, done, total }) => [id, total === null || total === 0 ? 0 : Math.min(100, (100 * done) / total)]),
  )
}

function present(row: RecordingRow, { sessionIds, playback, gaps, pending, finishes }: Beside): Recording {
  const { id } = row
  const waiting = pending.get(id)
  const progress: RecordingProgress = {
    stored_segments: row.segments,
    pending_segments: waiting?.segments ?? 0,
    pending_bytes: waiting?.bytes ?? 0,
    finish_percent: row.jobId === null ? null : (finishes.get(row.jobId) ?? null),
  }
  const keyOf = (type: Recording['files'][number]['type']) => row.files.find((file) => file.type === type)?.key ?? null
  return {
    id,
    stream_id: row.streamId,
    session_ids: sessionIds.get(id) ?? [],
    title: row.title,
    metadata: row.metadata,
    mode: row.mode,
    plan: row.plan,
    status: row.status,
    format: row.format,
    started_at: timestamp(row.startedAt),
    ended_at: timestamp(row.endedAt),
    duration_s: row.durationMs / 1000,
    size_bytes: sizeOf(row),
    segments: row.segments,
    gaps: hasGaps(row) ? row.gaps! : (gaps.get(id) ?? []),
    discontinuities: row.discontinuities,
    storage_id: row.storageId,
    prefix: recordingPrefix(id),
    retention_days: row.retentionDays,
    expires_at: timestamp(row.expiresAt),
    files: row.files,
    poster: keyOf('poster'),
    storyboard: keyOf('storyboard'),
    playback_ids: (playback.get(id) ?? []).map(presentPlaybackId),
    progress,
    job_id: row.jobId,
    error_code: row.errorCode,
    created_at: timestamp(row.createdAt),
    updated_at: timestamp(row.updatedAt),
  }
}
