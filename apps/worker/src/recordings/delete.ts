import { clipPrefix, recordingPrefix } from '@millrace/contracts'
import { changeRecording, clips, endClip, recordings, releaseSegments } from '@millrace/db'
import type { Stores } from '@millrace/storage'
import { eq } from 'drizzle-orm'

import type { JobType } from '../work/job-type.ts'
import { pruneStream } from './prune.ts'
import { abortUploads, deleteBelow, storageOf } from './storage-of.ts'

/** Job `recording.delete`: the objects of a deleted recording, and those of its segments that nothing else needs. */
export const deleteRecordingJob = (stores: Stores): JobType => ({
  async run(attempt) {
    const { db, job } = attempt
    const [recording] = await db.select().from(recordings).where(eq(recordings.id, job.subjectId))
    if (recording === undefined) return undefined
    const { id, streamId, storageId, files, segments } = recording
    const store = await storageOf(db, stores, storageId)
    await attempt.commit((tx) => releaseSegments(tx, id))
    await pruneStream(db, stores, streamId, (done) => attempt.progress(Math.min(done, segments), segments))
    await abortUploads(store, recordingPrefix(id))
    await deleteBelow(store, recordingPrefix(id))
    for (const { key } of files) await abortUploads(store, key)
    await store.delete(files.map(({ key }) => key))
    return async (tx) => void (await changeRecording({ db: tx, now: new Date() }, id, { files: [] }))
  },
  // its row has gone from all lists before; what is left in the storage is found by the sweep
  failed: async () => {},
})

/** Job `clip.delete`: the objects of a clip. Its segments go when nothing else needs them. */
export const deleteClipJob = (stores: Stores): JobType => ({
  async run({ db, job }) {
    const [clip] = await db.select().from(clips).where(eq(clips.id, job.subjectId))
    if (clip === undefined || clip.status === 'deleted') return undefined
    const { id, storageId, files } = clip
    const store = await storageOf(db, stores, storageId)
    await abortUploads(store, clipPrefix(id))
    await deleteBelow(store, clipPrefix(id))
    await store.delete(files.map(({ key }) => key))
    return (tx) => endClip({ db: tx, now: new Date() }, id, job.id)
  },
  failed: async () => {},
})
