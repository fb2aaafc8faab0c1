import { type Gap, type RecordingFile, type RecordingStatus } from '@millrace/contracts'
import { and, asc, eq, isNotNull, lte, ne, type SQL, sql } from 'drizzle-orm'

import type { BroadcastUnit } from './broadcasts.ts'
import { type Db, type Queryable, transaction } from './connect.ts'
import { insertJob, unfinishedJob } from './jobs.ts'
import { endedFactsOf, type RecordingRow, tellRecording } from './recording-events.ts'
import { changeRecording, lockRecording } from './recordings.ts'
import { auditLog, jobs, mediaSegments, playbackIds, recordings, sessions, takes } from './schema.ts'

/** Most gaps and files that an event names. */
const EVENT_LIST = 50
/** Recordings looked after by one run of a keeper. */
const BATCH = 200

/** What the finish of a recording made. */
export interface RecordingFinish {
  /** The `indexVersion` that it worked on. */
  version: number
  status: Extract<RecordingStatus, 'ready' | 'partial'>
  files: RecordingFile[]
  gaps: Gap[]
}

/**
 * Enters what a finish made, and tells `recording.ready` or `recording.partial`. A recording that goes on meanwhile, or has
 * changed, takes the files and stays what it is. Undefined for one that is deleted: nobody wants the files.
 */
export async function completeRecording(
  unit: BroadcastUnit,
  id: string,
  { version, status, files, gaps }: RecordingFinish,
): Promise<RecordingRow | undefined> {
  const row = await lockRecording(unit, id)
  if (row === undefined || row.status === 'deleted') return undefined
  const made = { files, gaps, finishedVersion: version, finishedAt: unit.now, errorCode: null }
  if (row.endedAt === null || row.indexVersion !== version) return (await changeRecording(unit, id, made))[0]
  const [finished] = await changeRecording(unit, id, { ...made, status })
  await tellRecording(unit, `recording.${status}`, finished!, {
    ...endedFactsOf(finished!),
    storage_id: row.storageId,
    files: files.slice(0, EVENT_LIST),
    gaps: gaps.slice(0, EVENT_LIST),
    gap_count: gaps.length,
  })
  return finished
}

/** Gives a finish up, and tells `recording.failed`; what was made before stays. */
export async function failRecording(unit: BroadcastUnit, id: string, version: number, code: string): Promise<void> {
  const row = await lockRecording(unit, id)
  if (row === undefined || row.status === 'deleted') return
  const made = { finishedVersion: version, finishedAt: unit.now, errorCode: code }
  if (row.endedAt === null) {
    await changeRecording(unit, id, made)
    return
  }
  const [failed] = await changeRecording(unit, id, { ...made, status: 'failed' })
  await tellRecording(unit, 'recording.failed', failed!, { ...endedFactsOf(failed!), error_code: code })
}

/**
 * That a take may still bring segments of a recording: it has not been closed, its broadcast reached into the recording, and
 * there is no unbroken run of its segments from the beginning of the recording to its end. Tables `takes` and `recordings`
 * are those of the query.
 */
function mayBringMore(): SQL {
  const ofTake = sql`from ${mediaSegments} where ${mediaSegments.takeId} = ${takes.id}`
  const run = sql`
    select from (select
      coalesce((select max(seq) ${ofTake} and starts_at <= ${recordings.startedAt}), (select min(seq) ${ofTake})) as low,
      (select min(seq) ${ofTake} and starts_at >= ${recordings.endedAt}) as high) as bounds
    where (select count(*) ${ofTake} and seq >= low and seq < high) = high - low`
  return sql`${takes.streamId} = ${recordings.streamId} and ${takes.storageId} = ${recordings.storageId}
    and ${takes.closedAt} is null and coalesce(${takes.openedAt}, ${takes.createdAt}) < ${recordings.endedAt}
    and not exists (select from ${sessions} where ${sessions.id} = ${takes.sessionId} and ${sessions.endedAt} <= ${recordings.startedAt})
    and not exists (${run})`
}

/** Whether media of a recording that has ended are missing: lost, or with a node that has not told all. */
export async function isPartial(db: Queryable, { id, lostSegments }: RecordingRow): Promise<boolean> {
  if (lostSegments > 0) return true
  const rows = await db
    .select({ id: takes.id })
    .from(takes)
    .innerJoin(recordings, eq(recordings.id, id))
    .where(mayBringMore())
    .limit(1)
  return rows.length > 0
}

/**
 * Starts the finish of the recordings that have ended and changed since their last one, once nothing more is to come. A take
 * that was not heard of for `graceMs` is waited for no longer. For whoever runs it every second or so; any number may at the
 * same time. Returns how many were started.
 */
export async function startDueFinishes(db: Db, now: Date, graceMs: number): Promise<number> {
  const heardSince = new Date(now.getTime() - graceMs).toISOString()
  const due = await db
    .select({ id: recordings.id })
    .from(recordings)
    .where(
      and(
        isNotNull(recordings.endedAt),
        ne(recordings.status, 'deleted'),
        sql`${recordings.finishedVersion} is distinct from ${recordings.indexVersion}`,
        sql`not exists (select from ${jobs} where ${jobs.subjectId} = ${recordings.id}
          and ${jobs.type} = 'recording.finish' and ${jobs.status} in ('queued', 'running'))`,
        sql`not exists (select from ${takes} where ${takes.updatedAt} > ${heardSince}::timestamptz and ${mayBringMore()})`,
      ),
    )
    .orderBy(asc(recordings.endedAt))
    .limit(BATCH)
  let started = 0
  for (const { id } of due) {
    const done = await transaction(db, async (tx) => {
      const row = await lockRecording({ db: tx, now }, id)
      if (row === undefined || row.status === 'deleted' || row.endedAt === null) return false
      if (row.finishedVersion === row.indexVersion) return false
      if ((await unfinishedJob(tx, 'recording.finish', id)) !== undefined) return false
      await startFinish({ db: tx, now }, row)
      return true
    })
    if (done) started++
  }
  return started
}

/** Starts the finish of a recording, which the caller has locked; one that is going on already is as good. Returns the job's id. */
export async function startFinish(unit: BroadcastUnit, { id, projectId }: RecordingRow): Promise<string> {
  const running = await unfinishedJob(unit.db, 'recording.finish', id)
  const job =
    running ?? (await insertJob(unit.db, { projectId, type: 'recording.finish', subject: { type: 'recording', id } }))
  await changeRecording(unit, id, { jobId: job.id })
  return job.id
}

/** Who deletes a recording. */
export interface Deletion {
  reason: 'requested' | 'retention'
  /** Of the token and the request; null and the like for what the system does by itself. */
  tokenId: string | null
  requestId: string
}

/**
 * Deletes a recording that isn't open: nobody can play it from now on, and a job takes its objects away. The caller has it
 * locked. Returns the job's id.
 */
export async function deleteRecording(
  unit: BroadcastUnit,
  recording: RecordingRow,
  { reason, tokenId, requestId }: Deletion,
): Promise<string> {
  const { id, projectId } = recording
  await unit.db.delete(playbackIds).where(eq(playbackIds.recordingId, id))
  const job = await insertJob(unit.db, { projectId, type: 'recording.delete', subject: { type: 'recording', id } })
  await changeRecording(unit, id, { status: 'deleted', deletedAt: unit.now, expiresAt: null, jobId: job.id })
  const facts = endedFactsOf(recording)
  await unit.db.insert(auditLog).values({
    projectId,
    tokenId,
    action: 'recording.deleted',
    subjectType: 'recording',
    subjectId: id,
    requestId,
    at: unit.now,
    details: { reason, stream_id: recording.streamId, started_at: recording.startedAt.toISOString(), ...facts },
  })
  await tellRecording(unit, 'recording.deleted', recording, { ...facts, reason })
  return job.id
}

/** Deletes the recordings whose retention is over. For whoever runs it now and then. Returns how many. */
export async function deleteExpiredRecordings(db: Db, now: Date): Promise<number> {
  const due = await db
    .select({ id: recordings.id })
    .from(recordings)
    .where(and(isNotNull(recordings.expiresAt), ne(recordings.status, 'deleted'), lte(recordings.expiresAt, now)))
    .orderBy(asc(recordings.expiresAt))
    .limit(BATCH)
  let deleted = 0
  for (const { id } of due) {
    const done = await transaction(db, async (tx) => {
      const row = await lockRecording({ db: tx, now }, id)
      if (row?.expiresAt == null || row.expiresAt > now || row.status === 'deleted' || row.endedAt === null)
        return false
      await deleteRecording({ db: tx, now }, row, { reason: 'retention', tokenId: null, requestId: 'retention' })
      return true
    })
    if (done) deleted++
  }
  return deleted
}
