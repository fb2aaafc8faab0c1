import { FILE_NAMES, recordingPrefix, templatedFileKey, type RecordingFile } from '@millrace/contracts'
import {
  changeRecording,
  completeRecording,
  failRecording,
  gapsOfRecordings,
  insertJob,
  isPartial,
  namesOf,
  recordings,
  streams,
  vhosts,
  type BroadcastUnit,
  type JobRow,
  type Queryable,
  type RecordingRow,
  type Tx,
} from '@millrace/db'
import type { Stores } from '@millrace/storage'
import { and, eq, ne, sql } from 'drizzle-orm'

import type { Attempt, JobType, LastStep } from '../work/job-type.ts'
import { makeFiles, partOf, type FilesMade, type FilesOrder } from './made-files.ts'
import { abortUploads, storageOf } from './storage-of.ts'

/** Job `recording.finish`: playlists, file and pictures of a recording that is over, and what it is from then on. */
export const finishJob = (stores: Stores): JobType => ({
  run: (attempt) => finish(attempt, stores),
  async failed(tx, { subjectId }, code) {
    const recording = await recordingOf(tx, subjectId)
    if (recording !== undefined) {
      await failRecording({ db: tx, now: new Date() }, subjectId, recording.indexVersion, code)
    }
  },
})

async function finish(attempt: Attempt, stores: Stores): Promise<LastStep> {
  const { db, job } = attempt
  // read before its segments, so that what comes in between asks for another finish
  const recording = await recordingOf(db, job.subjectId)
  if (recording === undefined || recording.status === 'deleted') return undefined
  const { id, indexVersion: version } = recording
  const part = await partOf(attempt, { recordingId: id }, recording.storageId)
  if (part.listed.length === 0) {
    return (tx) => failRecording({ db: tx, now: new Date() }, id, version, 'RECORDING_EMPTY')
  }
  const store = await storageOf(db, stores, recording.storageId)
  const prefix = recordingPrefix(id)
  const file = await fileOf(attempt, recording)
  for (const one of [prefix, ...(file === null ? [] : [file.key])]) await abortUploads(store, one)
  const order: FilesOrder = { ...part, store, prefix, segmentS: recording.segmentS, file, version: `${version}` }
  const made = await makeFiles(attempt, order)
  return (tx) => enter({ db: tx, now: new Date() }, recording, made)
}

/** What a finish made becomes the recording's; what an earlier one made and nobody needs any more goes. */
async function enter(unit: BroadcastUnit, before: RecordingRow, made: FilesMade): Promise<void> {
  const { id, storageId, projectId, indexVersion: version } = before
  const partial = (made.file?.missing ?? 0) > 0 || (await isPartial(unit.db, before))
  const gaps = (await gapsOfRecordings(unit.db, [id])).get(id) ?? []
  const { files } = made
  const now = await recordingOf(unit.db, id)
  const row = await completeRecording(unit, id, { version, status: partial ? 'partial' : 'ready', files, gaps })
  const kept = new Set(row === undefined ? [] : files.map(({ key }) => key))
  const unwanted = [...(now?.files ?? []), ...files].filter(({ key }) => !kept.has(key))
  await deleteLater(unit.db, { projectId, storageId, keys: unwanted.map(({ key }) => key) })
  if (row === undefined) return
  if (made.errorCode !== null) await changeRecording(unit, id, { errorCode: made.errorCode })
  if (row.status === 'ready' || row.status === 'partial') await tellBackend(unit, row)
}

/** Has objects deleted after the transaction. */
export async function deleteLater(
  tx: Tx,
  { projectId, storageId, keys }: { projectId: string; storageId: string; keys: readonly string[] },
): Promise<void> {
  if (keys.length === 0) return
  const subject = { type: 'storage', id: storageId }
  await insertJob(tx, { projectId, type: 'objects.delete', subject, params: { keys: [...new Set(keys)] } })
}

/** SRS's `on_dvr`, for vhosts whose backend is called as SRS does. */
async function tellBackend({ db }: BroadcastUnit, { id, projectId, streamId }: RecordingRow): Promise<void> {
  const [vhost] = await db
    .select({ format: vhosts.callbackFormat, hook: vhosts.admissionHook })
    .from(streams)
    .innerJoin(vhosts, eq(vhosts.id, streams.vhostId))
    .where(eq(streams.id, streamId))
  if (vhost?.format !== 'srs' || vhost.hook === null) return
  await insertJob(db, { projectId, type: 'recording.on_dvr', subject: { type: 'recording', id } })
}

async function recordingOf(db: Queryable, id: string): Promise<RecordingRow | undefined> {
  const [row] = await db.select().from(recordings).where(eq(recordings.id, id))
  return row
}

/** The file that the recording is to have. One with a name of the user's own is reserved first. */
async function fileOf(attempt: Attempt, recording: RecordingRow): Promise<{ type: 'mp4' | 'flv'; key: string } | null> {
  const { format: type, id, path } = recording
  if (type !== 'mp4' && type !== 'flv') return null
  if (path === null) return { type, key: recordingPrefix(id) + FILE_NAMES[type] }
  let key = ''
  await attempt.commit(async (tx) => {
    key = await reserve(tx, recording, type)
  })
  return { type, key }
}

/**
 * The key of a file by the user's template. When another recording has it, the id is added: nothing is written over. It is
 * the recording's from now on, though nothing may be there yet.
 */
async function reserve(tx: Tx, recording: RecordingRow, type: 'mp4' | 'flv'): Promise<string> {
  const { id, streamId, storageId, startedAt, durationMs } = recording
  const { names } = await namesOf({ db: tx, now: new Date() }, streamId)
  const facts = { ...names, startedAt, durationS: durationMs / 1000 }
  const wanted = templatedFileKey(recording.path!, type, facts)
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${storageId} ${wanted}`}, 0))`)
  const others = await tx
    .select({ id: recordings.id })
    .from(recordings)
    .where(
      and(
        eq(recordings.storageId, storageId),
        ne(recordings.id, id),
        sql`${recordings.files} @> ${JSON.stringify([{ key: wanted }])}::jsonb`,
      ),
    )
    .limit(1)
  const key = others.length === 0 ? wanted : wanted.replace(/\.\w+$/, (extension) => `-${id}${extension}`)
  const known = (await recordingOf(tx, id))?.files ?? []
  if (known.some((file) => file.key === key)) return key
  const reserved: RecordingFile = { type, key, bytes: 0 }
  await changeRecording({ db: tx, now: new Date() }, id, { files: [...known, reserved] })
  return key
}

/** Of a job that deletes objects. */
export type DeleteParams = { keys: string[] }

/** Job `objects.delete`. */
export const deleteObjectsJob = (stores: Stores): JobType => ({
  async run({ db, job }) {
    const store = await storageOf(db, stores, job.subjectId)
    await store.delete((job.params as DeleteParams).keys)
    return undefined
  },
  failed: async (_tx: Tx, _job: JobRow) => {},
})
