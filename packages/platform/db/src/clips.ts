import type { RecordingFile } from '@millrace/contracts'
import { and, asc, eq, inArray, isNotNull, lte, sql } from 'drizzle-orm'

import { type BroadcastUnit, namesOf } from './broadcasts.ts'
import { type Db, transaction } from './connect.ts'
import { insertJob, unfinishedJob } from './jobs.ts'
import { appendEvent } from './outbox.ts'
import { auditLog, clips, jobs } from './schema.ts'

export type ClipRow = typeof clips.$inferSelect

/** Clips whose deletion is begun by one run of a keeper. */
const BATCH = 200
const DAY_MS = 86_400_000

/** A clip, locked. */
export async function lockClip({ db }: BroadcastUnit, id: string): Promise<ClipRow | undefined> {
  const [row] = await db.select().from(clips).where(eq(clips.id, id)).for('update')
  return row
}

/** What a clip has become. */
export interface ClipMade {
  /** Of its first frame. */
  startsAt: Date
  durationMs: number
  files: RecordingFile[]
  /** What could not be made beside it; null when all could. */
  errorCode: string | null
}

/** Enters what was made, and tells `clip.ready`. Undefined for a clip that is deleted: nobody wants the files. */
export async function completeClip(unit: BroadcastUnit, id: string, made: ClipMade): Promise<ClipRow | undefined> {
  const clip = await lockClip(unit, id)
  if (clip === undefined || clip.status === 'deleted') return undefined
  const [row] = await unit.db
    .update(clips)
    .set({ ...made, status: 'ready', expiresAt: clip.expiresAt ?? expiryOf(unit, clip) })
    .where(eq(clips.id, id))
    .returning()
  await tell(unit, row!, 'clip.ready')
  return row
}

function expiryOf({ now }: BroadcastUnit, { retentionDays }: ClipRow): Date | null {
  return retentionDays === null ? null : new Date(now.getTime() + retentionDays * DAY_MS)
}

/** Gives a clip up, and tells `clip.failed`. */
export async function failClip(unit: BroadcastUnit, id: string, code: string): Promise<void> {
  const clip = await lockClip(unit, id)
  if (clip === undefined || clip.status === 'deleted') return
  const [row] = await unit.db
    .update(clips)
    .set({ status: 'failed', errorCode: code })
    .where(eq(clips.id, id))
    .returning()
  await tell(unit, row!, 'clip.failed')
}

async function tell(unit: BroadcastUnit, clip: ClipRow, type: 'clip.ready' | 'clip.failed'): Promise<void> {
  const { projectId, id, streamId, recordingId, title, fromAt, toAt, files } = clip
  const { names } = await namesOf(unit, streamId)
  const facts = {
    stream_id: streamId,
    ...names,
    recording_id: recordingId,
    title,
    from: fromAt.toISOString(),
    to: toAt.toISOString(),
  }
  const common = { projectId, subject: { type: 'clip', id }, timestamp: unit.now } as const
  if (type === 'clip.failed') {
    await appendEvent(unit.db, { ...common, type, data: { ...facts, error_code: clip.errorCode ?? 'CLIP_FAILED' } })
    return
  }
  await appendEvent(unit.db, {
    ...common,
    type,
    data: {
      ...facts,
      starts_at: (clip.startsAt ?? fromAt).toISOString(),
      duration_s: clip.durationMs / 1000,
      size_bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      storage_id: clip.storageId,
      files,
    },
  })
}

/** Enters that a clip's objects are gone: it is deleted. `by` is the job that did it. */
export async function endClip(unit: BroadcastUnit, id: string, by: string): Promise<void> {
  const clip = await lockClip(unit, id)
  if (clip === undefined || clip.status === 'deleted') return
  await unit.db
    .update(clips)
    .set({ status: 'deleted', deletedAt: unit.now, expiresAt: null, files: [] })
    .where(eq(clips.id, id))
  await unit.db.insert(auditLog).values({
    projectId: clip.projectId,
    tokenId: null,
    action: 'clip.deleted',
    subjectType: 'clip',
    subjectId: id,
    requestId: by,
    at: unit.now,
    details: { stream_id: clip.streamId, from: clip.fromAt.toISOString(), to: clip.toAt.toISOString() },
  })
}

/** Begins to delete the clips whose retention is over. For whoever runs it now and then. Returns how many. */
export async function deleteExpiredClips(db: Db, now: Date): Promise<number> {
  const due = await db
    .select({ id: clips.id })
    .from(clips)
    .where(
      and(
        isNotNull(clips.expiresAt),
        inArray(clips.status, ['ready', 'failed']),
        lte(clips.expiresAt, now),
        sql`not exists (select from ${jobs} where ${jobs.subjectId} = ${clips.id}
          and ${jobs.type} = 'clip.delete' and ${jobs.status} in ('queued', 'running'))`,
      ),
    )
    .orderBy(asc(clips.expiresAt))
    .limit(BATCH)
  let begun = 0
  for (const { id } of due) {
    const done = await transaction(db, async (tx) => {
      const clip = await lockClip({ db: tx, now }, id)
      if (clip?.expiresAt == null || clip.expiresAt > now || clip.status === 'deleted') return false
      if ((await unfinishedJob(tx, 'clip.delete', id)) !== undefined) return false
      const { projectId } = clip
      const job = await insertJob(tx, { projectId, type: 'clip.delete', subject: { type: 'clip', id } })
      await tx.update(clips).set({ jobId: job.id }).where(eq(clips.id, id))
      return true
    })
    if (done) begun++
  }
  return begun
}
