import {
  type Job,
  type Page,
  type Recording,
  type RecordingQuery,
  type RecordingSettings,
  recordingSettingsSchema,
  type RecordingSplit,
  type RecordingStart,
  SEGMENT_S,
} from '@millrace/contracts'
import {
  archiveSettingsOf,
  beginRecording,
  deleteRecording as markDeleted,
  endRecording,
  lockRecording,
  lockStreamRow,
  openRecordingOf,
  type RecordingRow,
  recordings,
  sessions,
  splitRecording as splitRow,
  startFinish,
  steerArchive,
  tellRecording,
} from '@millrace/db'
import { and, desc, eq, gt, isNull, lt, ne, or, sql } from 'drizzle-orm'

import { requireStorage } from './archive-settings.ts'
import { failure } from './failures.ts'
import { getJob } from './jobs.ts'
import { afterCursor, fetchCount, toPage } from './lists.ts'
import { presentRecordings } from './recording-view.ts'
import { type IfMatch, patched, requireVersion } from './settings.ts'
import { lockStream } from './streams.ts'
import { audit, type ReadUnit, type Versioned, type WriteUnit } from './unit.ts'

const DAY_MS = 86_400_000

export async function listRecordings(unit: ReadUnit, query: RecordingQuery): Promise<Page<Recording>> {
  const { stream_id: streamId, status, from, to } = query
  const rows = await unit.db
    .select()
    .from(recordings)
    .where(
      and(
        eq(recordings.projectId, unit.principal.projectId),
        streamId === undefined ? undefined : eq(recordings.streamId, streamId),
        status === undefined ? ne(recordings.status, 'deleted') : eq(recordings.status, status),
        to === undefined ? undefined : lt(recordings.startedAt, new Date(to)),
        from === undefined ? undefined : or(isNull(recordings.endedAt), gt(recordings.endedAt, new Date(from))),
        afterCursor(recordings.id, query),
      ),
    )
    .orderBy(desc(recordings.id))
    .limit(fetchCount(query))
  const shown = await presentRecordings(unit.db, rows)
  return toPage(shown, query, (recording) => recording)
}

export async function getRecording(unit: ReadUnit, id: string): Promise<Versioned<Recording>> {
  return versioned(unit, await findRecording(unit, id))
}

/** The caller's recording, deleted ones too. Throws `RECORDING_NOT_FOUND`. */
export async function findRecording(unit: ReadUnit, id: string): Promise<RecordingRow> {
  const [row] = await unit.db
    .select()
    .from(recordings)
    .where(and(eq(recordings.id, id), eq(recordings.projectId, unit.principal.projectId)))
  if (row === undefined) throw notFound(id)
  return row
}

/** Changes what is said of a recording, and how long it is kept. */
export async function updateRecording(
  unit: WriteUnit,
  id: string,
  patch: unknown,
  ifMatch: IfMatch,
): Promise<Versioned<Recording>> {
  const row = await lockLasting(unit, id)
  requireVersion(ifMatch, row.version)
  const current: RecordingSettings = { title: row.title, metadata: row.metadata, retention_days: row.retentionDays }
  const { title, metadata, retention_days: retentionDays } = patched(recordingSettingsSchema, current, patch)
  const expiresAt =
    row.endedAt === null || retentionDays === null ? null : new Date(row.endedAt.getTime() + retentionDays * DAY_MS)
  const [updated] = await unit.db
    .update(recordings)
    .set({ title, metadata, retentionDays, expiresAt, version: sql`${recordings.version} + 1` })
    .where(eq(recordings.id, id))
    .returning()
  await audit(unit, 'recording.updated', subjectOf(id), { title, metadata, retention_days: retentionDays })
  return versioned(unit, updated!)
}

/**
 * Begins to record a broadcast that is on. Throws `STREAM_NOT_ON_AIR`, `RECORDING_ACTIVE`, `STORAGE_NOT_FOUND`,
 * `STORAGE_MISSING`.
 */
export async function startRecording(
  unit: WriteUnit,
  streamId: string,
  input: RecordingStart,
): Promise<Versioned<Recording>> {
  const { stream } = await lockStream(unit, streamId)
  const sessionId = await broadcastOf(unit, stream.currentSessionId)
  const open = await openRecordingOf(unit, streamId)
  if (open !== undefined) throw failure('RECORDING_ACTIVE', `it is being recorded: ${open.id}`)
  const { record, storageId } = await archiveSettingsOf(unit.db, streamId)
  if (input.storage_id !== undefined) await requireStorage(unit, stream.projectId, input.storage_id)
  const chosen = input.storage_id ?? storageId
  if (chosen === null) throw failure('STORAGE_MISSING', 'the project has no default storage: name one')
  const row = await beginRecording(unit, {
    projectId: stream.projectId,
    streamId,
    title: input.title,
    metadata: input.metadata,
    mode: 'manual',
    plan: 'session',
    splitS: null,
    format: input.format ?? record?.format ?? 'fmp4',
    segmentS: record?.segment_s ?? SEGMENT_S.default,
    storageId: chosen,
    path: record?.path ?? null,
    retentionDays: input.retention_days === undefined ? (record?.retention_days ?? null) : input.retention_days,
    startedAt: unit.now,
  })
  await tellRecording(unit, 'recording.started', row, {}, sessionId)
  await steerArchive(unit, streamId)
  await audit(unit, 'recording.started', subjectOf(row.id), { stream_id: streamId })
  return versioned(unit, row)
}

async function broadcastOf({ db }: WriteUnit, sessionId: string | null): Promise<string> {
  const [session] =
    sessionId === null
      ? []
      : await db
          .select({ id: sessions.id })
          .from(sessions)
          .where(and(eq(sessions.id, sessionId), ne(sessions.status, 'ended')))
  if (session === undefined) throw failure('STREAM_NOT_ON_AIR', 'nobody publishes it')
  return session.id
}

/** Ends a recording that is open; the broadcast goes on. Throws `RECORDING_ENDED`. */
export async function stopRecording(unit: WriteUnit, id: string): Promise<Versioned<Recording>> {
  const open = await lockOpen(unit, id)
  const row = await endRecording(unit, open, unit.now)
  await steerArchive(unit, row.streamId)
  await audit(unit, 'recording.stopped', subjectOf(id), { stream_id: row.streamId })
  return versioned(unit, row)
}

/** Ends a recording that is open and goes on in another. Throws `RECORDING_ENDED`. */
export async function splitRecording(unit: WriteUnit, id: string): Promise<RecordingSplit> {
  const open = await lockOpen(unit, id)
  const { ended, started } = await splitRow(unit, open, unit.now)
  await audit(unit, 'recording.split', subjectOf(id), { stream_id: open.streamId, next: started.id })
  const [first, second] = await presentRecordings(unit.db, [ended, started])
  return { ended: first!, started: second! }
}

/** Makes the playlists and files of a recording anew, with what has come since. Throws `RECORDING_ACTIVE`. */
export async function finishRecording(unit: WriteUnit, id: string): Promise<Job> {
  const row = await lockEnded(unit, id)
  const jobId = await startFinish(unit, row)
  await audit(unit, 'recording.finish_asked', subjectOf(id), { job_id: jobId })
  return getJob(unit, jobId)
}

/** Deletes a recording and all that is kept of it. Throws `RECORDING_ACTIVE`. */
export async function deleteRecording(unit: WriteUnit, id: string, ifMatch: IfMatch): Promise<Job> {
  const row = await lockEnded(unit, id)
  requireVersion(ifMatch, row.version)
  const { requestId } = unit
  const jobId = await markDeleted(unit, row, { reason: 'requested', tokenId: unit.principal.tokenId, requestId })
  return getJob(unit, jobId)
}

/** The caller's recording that isn't deleted, locked after its stream. */
export async function lockLasting(unit: WriteUnit, id: string): Promise<RecordingRow> {
  const { streamId } = await findRecording(unit, id)
  await lockStreamRow(unit, streamId)
  const row = await lockRecording(unit, id)
  if (row === undefined || row.status === 'deleted') throw notFound(id)
  return row
}

async function lockOpen(unit: WriteUnit, id: string): Promise<RecordingRow> {
  const row = await lockLasting(unit, id)
  if (row.status !== 'recording') throw failure('RECORDING_ENDED', 'it has ended')
  return row
}

async function lockEnded(unit: WriteUnit, id: string): Promise<RecordingRow> {
  const row = await lockLasting(unit, id)
  if (row.status === 'recording') throw failure('RECORDING_ACTIVE', `it goes on: POST /v1/recordings/${id}:stop`)
  return row
}

const notFound = (id: string) => failure('RECORDING_NOT_FOUND', `no recording ${id}`)
const subjectOf = (id: string) => ({ type: 'recording', id })

async function versioned(unit: ReadUnit, row: RecordingRow): Promise<Versioned<Recording>> {
  const [value] = await presentRecordings(unit.db, [row])
  return { value: value!, version: row.version }
}
