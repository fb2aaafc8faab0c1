import { clipPrefix, FILE_NAMES } from '@millrace/contracts'
import { ServiceError } from '@millrace/core'
import {
  clips,
  completeClip,
  failClip,
  mediaSegments,
  recordings,
  sessions,
  streams,
  type ClipRow,
  type Db,
  type Queryable,
} from '@millrace/db'
import type { Stores } from '@millrace/storage'
import { and, eq, gte, ne } from 'drizzle-orm'

import type { Attempt, JobType, LastStep } from '../work/job-type.ts'
import { deleteLater } from './finish.ts'
import { makeFiles, partOf, type Part } from './made-files.ts'
import { abortUploads, storageOf } from './storage-of.ts'

/** Media that are on their way to the storage are waited for so long after the end of a clip. */
const WAIT_MS = 600_000
/** Of playlists whose recording doesn't say it. */
const SEGMENT_S = 4

/** Job `clip.make`: playlists, an MP4 and pictures of a part of an archive. */
export const clipJob = (stores: Stores): JobType => ({
  run: (attempt) => makeClip(attempt, stores),
  failed: (tx, { subjectId }, code) => failClip({ db: tx, now: new Date() }, subjectId, code),
})

async function makeClip(attempt: Attempt, stores: Stores): Promise<LastStep> {
  const { db, job } = attempt
  const [clip] = await db.select().from(clips).where(eq(clips.id, job.subjectId))
  if (clip === undefined || clip.status !== 'processing') return undefined
  const { id, streamId, recordingId, storageId, projectId } = clip
  const range = { fromMs: clip.fromAt.getTime(), toMs: clip.toAt.getTime() }
  const part = await partOf(attempt, recordingId === null ? { streamId } : { recordingId }, storageId, range)
  await requireWhole(db, clip, part)
  if (part.listed.length === 0) return (tx) => failClip({ db: tx, now: new Date() }, id, 'CLIP_EMPTY')
  const store = await storageOf(db, stores, storageId)
  const prefix = clipPrefix(id)
  await abortUploads(store, prefix)
  const made = await makeFiles(attempt, {
    ...part,
    store,
    prefix,
    segmentS: await segmentSOf(db, recordingId),
    file: { type: 'mp4', key: prefix + FILE_NAMES.mp4 },
    range,
    version: id,
  })
  const { file, files, errorCode } = made
  const [first] = part.listed
  const startsAt = new Date(Math.round(file?.startsAtMs ?? first!.segment.startsAtMs))
  const durationMs = file?.durationMs ?? part.listed.reduce((sum, { segment }) => sum + segment.durationMs, 0)
  return async (tx) => {
    const row = await completeClip({ db: tx, now: new Date() }, id, { startsAt, durationMs, files, errorCode })
    if (row === undefined) await deleteLater(tx, { projectId, storageId, keys: files.map(({ key }) => key) })
  }
}

/**
 * Throws ServiceError `CLIP_NOT_YET` while media of the clip are still to come, so that it is tried again: the stream is, or was
 * until a moment ago, live, and nothing behind the clip's end is in the index.
 */
async function requireWhole(db: Db, { streamId, toAt }: ClipRow, { listed }: Part): Promise<void> {
  const last = listed.at(-1)?.segment
  if (last !== undefined && last.startsAtMs + last.durationMs >= toAt.getTime()) return
  if (Date.now() > toAt.getTime() + WAIT_MS) return
  const [behind] = await db
    .select({ seq: mediaSegments.seq })
    .from(mediaSegments)
    .where(and(eq(mediaSegments.streamId, streamId), gte(mediaSegments.startsAt, toAt)))
    .limit(1)
  if (behind === undefined && (await isOnAir(db, streamId))) {
    throw new ServiceError('CLIP_NOT_YET', 'media of the clip are still on their way')
  }
}

async function isOnAir(db: Queryable, streamId: string): Promise<boolean> {
  const rows = await db
    .select({ id: sessions.id })
    .from(sessions)
    .innerJoin(streams, eq(streams.currentSessionId, sessions.id))
    .where(and(eq(streams.id, streamId), ne(sessions.status, 'ended')))
  return rows.length > 0
}

async function segmentSOf(db: Queryable, recordingId: string | null): Promise<number> {
  if (recordingId === null) return SEGMENT_S
  const [row] = await db
    .select({ segmentS: recordings.segmentS })
    .from(recordings)
    .where(eq(recordings.id, recordingId))
  return row?.segmentS ?? SEGMENT_S
}
