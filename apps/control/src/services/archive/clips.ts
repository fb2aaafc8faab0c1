import { segmentsOf } from '@millrace/archive'
import { type Clip, type ClipCreate, clipPrefix, type ClipQuery, type Job, type Page } from '@millrace/contracts'
import { clips, insertJob, newId, recordings, unfinishedJob } from '@millrace/db'
import { and, desc, eq, ne } from 'drizzle-orm'

import type { Caller } from '../../http/route.ts'
import { failure, RequestInvalid } from '../failures.ts'
import { presentJob } from '../jobs.ts'
import { afterCursor, fetchCount, timestamp, toPage } from '../lists.ts'
import { findStream } from '../streams.ts'
import { audit, type ReadUnit, type WriteUnit } from '../unit.ts'
import { objectUrls } from './object-urls.ts'

type Row = typeof clips.$inferSelect

const DAY_MS = 86_400_000
/** How long the URL of a clip's file lasts. */
const URL_MS = 6 * 3_600_000

/**
 * Enters a clip, which a job then makes. It begins at the key frame that the segment at `from` begins with. Throws
 * `RECORDING_NOT_FOUND`, `STREAM_NOT_FOUND`, `RECORDING_EMPTY`, `REQUEST_INVALID`.
 */
export async function createClip(unit: WriteUnit, input: ClipCreate, caller: Caller): Promise<Clip> {
  const range = { fromMs: Date.parse(input.from), toMs: Date.parse(input.to) }
  if (range.toMs > unit.now.getTime()) {
    throw new RequestInvalid([{ pointer: '/to', code: 'custom', message: 'must not be in the future' }])
  }
  const streamId = await streamOf(unit, input)
  const owner = input.recording_id === undefined ? { streamId } : { recordingId: input.recording_id }
  const { segments, takes } = await segmentsOf(unit.db, owner, range)
  const first = segments.find(({ lost }) => !lost)
  const take = first && takes.get(first.takeId)
  if (first === undefined || take === undefined) throw failure('RECORDING_EMPTY', 'there are no media of this time')
  const id = newId('clip')
  const { projectId } = unit.principal
  const job = await insertJob(unit.db, { projectId, type: 'clip.make', subject: { type: 'clip', id } })
  const [row] = await unit.db
    .insert(clips)
    .values({
      id,
      projectId,
      streamId,
      recordingId: input.recording_id ?? null,
      title: input.title,
      metadata: input.metadata,
      fromAt: new Date(range.fromMs),
      toAt: new Date(range.toMs),
      startsAt: new Date(first.startsAtMs),
      storageId: take.storageId,
      retentionDays: input.retention_days,
      expiresAt: input.retention_days === null ? null : new Date(unit.now.getTime() + input.retention_days * DAY_MS),
      jobId: job.id,
    })
    .returning()
  await audit(unit, 'clip.created', { type: 'clip', id }, { stream_id: streamId, from: input.from, to: input.to })
  return present(row!, await urlsOf(unit, [row!], caller))
}

export async function listClips(unit: ReadUnit, query: ClipQuery, caller: Caller): Promise<Page<Clip>> {
  const rows = await unit.db
    .select()
    .from(clips)
    .where(
      and(
        eq(clips.projectId, unit.principal.projectId),
        query.stream_id === undefined ? undefined : eq(clips.streamId, query.stream_id),
        query.recording_id === undefined ? undefined : eq(clips.recordingId, query.recording_id),
        query.status === undefined ? ne(clips.status, 'deleted') : eq(clips.status, query.status),
        afterCursor(clips.id, query),
      ),
    )
    .orderBy(desc(clips.id))
    .limit(fetchCount(query))
  const urls = await urlsOf(unit, rows, caller)
  return toPage(rows, query, (row) => present(row, urls))
}

/** The caller's clip, also a deleted one. Throws `CLIP_NOT_FOUND`. */
export async function getClip(unit: ReadUnit, id: string, caller: Caller): Promise<Clip> {
  const row = await findClip(unit, id)
  return present(row, await urlsOf(unit, [row], caller))
}

/** Enters the job that deletes a clip and its files. Throws `CLIP_NOT_FOUND`, and `CLIP_BUSY` while it is being made. */
export async function deleteClip(unit: WriteUnit, id: string): Promise<Job> {
  const row = await findClip(unit, id, 'update')
  if (row.status === 'deleted') throw failure('CLIP_NOT_FOUND', `the clip ${id} was deleted`)
  if ((await unfinishedJob(unit.db, 'clip.make', id)) !== undefined) {
    throw failure('CLIP_BUSY', 'it is being made: delete it when that is done')
  }
  const running = await unfinishedJob(unit.db, 'clip.delete', id)
  if (running !== undefined) return presentJob(running)
  const { projectId } = row
  const job = await insertJob(unit.db, { projectId, type: 'clip.delete', subject: { type: 'clip', id } })
  await unit.db.update(clips).set({ jobId: job.id }).where(eq(clips.id, id))
  await audit(unit, 'clip.delete_requested', { type: 'clip', id }, { job_id: job.id })
  return presentJob(job)
}

async function streamOf(unit: WriteUnit, { stream_id: streamId, recording_id: recordingId }: ClipCreate) {
  if (streamId !== undefined) return (await findStream(unit, streamId)).stream.id
  const [recording] = await unit.db
    .select({ streamId: recordings.streamId })
    .from(recordings)
    .where(
      and(
        eq(recordings.id, recordingId!),
        eq(recordings.projectId, unit.principal.projectId),
        ne(recordings.status, 'deleted'),
      ),
    )
  if (recording === undefined) throw failure('RECORDING_NOT_FOUND', `no recording ${recordingId!}`)
  return recording.streamId
}

async function findClip(unit: ReadUnit, id: string, lock?: 'update'): Promise<Row> {
  const own = and(eq(clips.id, id), eq(clips.projectId, unit.principal.projectId))
  const query = unit.db.select().from(clips).where(own)
  const [row] = await (lock === undefined ? query : query.for(lock))
  if (row === undefined) throw failure('CLIP_NOT_FOUND', `no clip ${id}`)
  return row
}

/** The file that a clip is, once it is made. */
const fileOf = ({ status, files }: Row) =>
  status === 'ready' ? files.find(({ type }) => type === 'mp4' || type === 'flv') : undefined

/** URLs of the clips' files, by clip. */
async function urlsOf(unit: ReadUnit, rows: readonly Row[], { baseUrl }: Caller): Promise<ReadonlyMap<string, string>> {
  const urls = new Map<string, string>()
  for (const row of rows) {
    const file = fileOf(row)
    if (file === undefined) continue
    const downloadAs = `${row.title ?? row.id}${file.key.slice(file.key.lastIndexOf('.'))}`
    const terms = { nowMs: unit.now.getTime(), lastsMs: URL_MS, baseUrl, downloadAs }
    const urlOf = await objectUrls(unit, [row.storageId], terms)
    urls.set(row.id, urlOf(row.storageId, file.key))
  }
  return urls
}

function present(row: Row, urls: ReadonlyMap<string, string>): Clip {
  return {
    id: row.id,
    stream_id: row.streamId,
    recording_id: row.recordingId,
    title: row.title,
    metadata: row.metadata,
    status: row.status,
    from: timestamp(row.fromAt),
    to: timestamp(row.toAt),
    starts_at: timestamp(row.startsAt),
    duration_s: row.durationMs / 1000,
    size_bytes: row.files.reduce((sum, { bytes }) => sum + bytes, 0),
    storage_id: row.storageId,
    prefix: clipPrefix(row.id),
    files: row.files,
    url: urls.get(row.id) ?? null,
    retention_days: row.retentionDays,
    expires_at: timestamp(row.expiresAt),
    job_id: row.jobId,
    error_code: row.errorCode,
    created_at: timestamp(row.createdAt),
    updated_at: timestamp(row.updatedAt),
  }
}
