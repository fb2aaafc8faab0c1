import { FILES_PREFIX, parseObjectKey, type ObjectOwner } from '@millrace/contracts'
import {
  clips,
  insertJob,
  jobs,
  mediaSegments,
  recordings,
  storages,
  streams,
  takes,
  transaction,
  type Db,
} from '@millrace/db'
import { errorCode } from '@millrace/core'
import type { ObjectStore, Stores } from '@millrace/storage'
import { and, eq, gt, inArray, isNull, or, sql } from 'drizzle-orm'

import type { Attempt, JobType } from '../work/job-type.ts'
import { read } from './file/read-ahead.ts'
import { storageOf } from './storage-of.ts'

/** What is younger may be about to become known. */
const MIN_AGE_MS = 86_400_000
const EVERY_MS = 21_600_000
const BATCH = 1000
/** Says whose storage it is. */
const CLAIM_KEY = 'millrace.json'
/** Where objects have keys of our own; others are never touched. */
const PREFIXES = ['clips/', 'recordings/', 'streams/'] as const

/** Starts the sweep of each storage whose last one began six hours ago. Any number of workers may call it at once. */
export async function startSweeps(db: Db): Promise<number> {
  const since = new Date(Date.now() - EVERY_MS)
  const recent = and(
    eq(jobs.subjectId, storages.id),
    eq(jobs.type, 'storage.sweep'),
    or(gt(jobs.createdAt, since), inArray(jobs.status, ['queued', 'running'])),
  )
  return transaction(db, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('storage.sweep', 0))`)
    const due = await tx
      .select({ id: storages.id, projectId: storages.projectId })
      .from(storages)
      .where(sql`not exists (select from ${jobs} where ${recent})`)
    for (const { id, projectId } of due) {
      await insertJob(tx, { projectId, type: 'storage.sweep', subject: { type: 'storage', id } })
    }
    return due.length
  })
}

/**
 * Job `storage.sweep`: deletes objects older than a day whose keys are ours and that nothing in the database knows, and ends
 * uploads in parts that were begun a day ago. Its cursor is the last key looked at. A storage that another project or
 * installation swept first is left alone: this database doesn't know theirs.
 */
export const sweepJob = (stores: Stores): JobType => ({
  async run(attempt) {
    const store = await storageOf(attempt.db, stores, attempt.job.subjectId)
    if (!(await isOurs(store, attempt))) {
      attempt.log.warn({ storage: attempt.job.subjectId }, 'the storage is somebody else’s too: it is not swept')
      return undefined
    }
    const olderThan = new Date(attempt.job.createdAt.getTime() - MIN_AGE_MS)
    await abortOldUploads(store, olderThan)
    const { cursor } = attempt.job
    let deleted = 0
    for (const prefix of PREFIXES) {
      if (cursor !== null && cursor > prefix && !cursor.startsWith(prefix)) continue
      const after = cursor?.startsWith(prefix) === true ? { after: cursor } : {}
      deleted += await sweepPrefix(attempt, store, { prefix, olderThan, ...after })
    }
    attempt.log.info({ storage: attempt.job.subjectId, deleted }, 'storage swept')
    return undefined
  },
  failed: async () => {},
})

/**
 * Claims the storage for its project, or finds whose it is. Some servers take no notice of conditions: what is there already is
 * looked for first, so that they lose no claim.
 */
async function isOurs(store: ObjectStore, { job: { projectId }, signal }: Attempt): Promise<boolean> {
  const claim = Buffer.from(JSON.stringify({ project_id: projectId }))
  const there = await read(store, CLAIM_KEY, signal)
  if (there !== undefined) return claim.equals(there)
  try {
    await store.put(CLAIM_KEY, claim, { ifNoneMatch: '*', signal })
  } catch (error) {
    if (errorCode(error) !== 'STORAGE_PRECONDITION') throw error
  }
  const claimed = await read(store, CLAIM_KEY, signal)
  return claimed !== undefined && claim.equals(claimed)
}

async function abortOldUploads(store: ObjectStore, olderThan: Date): Promise<void> {
  for (const prefix of [...PREFIXES, FILES_PREFIX]) {
    for await (const { key, uploadId, startedAt } of store.multiparts(prefix)) {
      if (startedAt < olderThan) await store.abortMultipart(key, uploadId)
    }
  }
}

async function sweepPrefix(
  attempt: Attempt,
  store: ObjectStore,
  { prefix, olderThan, after }: { prefix: string; olderThan: Date; after?: string },
): Promise<number> {
  let deleted = 0
  let batch: string[] = []
  let lastKey = ''
  const flush = async (): Promise<void> => {
    const orphans = await orphansAmong(attempt.db, batch)
    await store.delete(orphans)
    deleted += orphans.length
    batch = []
    if (lastKey !== '') await attempt.step(lastKey)
  }
  for await (const { key, modifiedAt } of store.list(prefix, after === undefined ? {} : { after })) {
    attempt.signal.throwIfAborted()
    lastKey = key
    if (modifiedAt < olderThan) batch.push(key)
    if (batch.length === BATCH) await flush()
  }
  await flush()
  return deleted
}

type TakeObject = Extract<ObjectOwner, { type: 'take' }>

/** Those of these keys that have our form and nothing in the database stands for. */
async function orphansAmong(db: Db, keys: readonly string[]): Promise<string[]> {
  const owned = keys.flatMap((key) => {
    const owner = parseObjectKey(key)
    return owner === undefined ? [] : [{ key, owner }]
  })
  const known = await knownOwners(
    db,
    owned.map(({ owner }) => owner),
  )
  return owned.filter(({ key, owner }) => !known(key, owner)).map(({ key }) => key)
}

async function knownOwners(
  db: Db,
  owners: readonly ObjectOwner[],
): Promise<(key: string, owner: ObjectOwner) => boolean> {
  const ids = (type: 'live' | 'recording' | 'clip'): string[] => [
    ...new Set(owners.flatMap((owner) => (owner.type !== type ? [] : 'id' in owner ? [owner.id] : [owner.streamId]))),
  ]
  const live = await db
    .select({ id: streams.id })
    .from(streams)
    .where(inArray(streams.id, ids('live')))
  const recorded = await db
    .select({ id: recordings.id, status: recordings.status, files: recordings.files })
    .from(recordings)
    .where(inArray(recordings.id, ids('recording')))
  const cut = await db
    .select({ id: clips.id, status: clips.status, files: clips.files })
    .from(clips)
    .where(inArray(clips.id, ids('clip')))
  const streamIds = new Set(live.map(({ id }) => id))
  const made = new Map([...recorded, ...cut].map((row) => [row.id, row]))
  const isKnownOfTake = await knownOfTakes(
    db,
    owners.filter((owner) => owner.type === 'take'),
  )
  return (key, owner) => {
    if (owner.type === 'take') return isKnownOfTake(owner)
    if (owner.type === 'live') return streamIds.has(owner.streamId)
    const row = made.get(owner.id)
    if (row === undefined || row.status === 'deleted') return false
    const making = row.status === 'processing' || row.status === 'uploading' || row.status === 'recording'
    return making || row.files.some((file) => file.key === key)
  }
}

/** Objects of a take that is open may yet be reported. */
async function knownOfTakes(db: Db, objects: readonly TakeObject[]): Promise<(owner: TakeObject) => boolean> {
  const ids = [...new Set(objects.map(({ takeId }) => takeId))]
  const open = await db
    .select({ id: takes.id })
    .from(takes)
    .where(and(inArray(takes.id, ids), isNull(takes.closedAt)))
  const seqs = objects.flatMap(({ object }) => (object.type === 'segment' ? [object.segment] : []))
  const rows = await db
    .select({ takeId: mediaSegments.takeId, seq: mediaSegments.seq })
    .from(mediaSegments)
    .where(
      and(
        inArray(mediaSegments.takeId, ids),
        inArray(mediaSegments.seq, [...new Set(seqs)]),
        isNull(mediaSegments.lostCode),
      ),
    )
  const used = await db
    .selectDistinct({ takeId: mediaSegments.takeId })
    .from(mediaSegments)
    .where(inArray(mediaSegments.takeId, ids))
  const openIds = new Set(open.map(({ id }) => id))
  const usedIds = new Set(used.map(({ takeId }) => takeId))
  const segments = new Set(rows.map(({ takeId, seq }) => `${takeId} ${seq}`))
  return ({ takeId, object }) =>
    openIds.has(takeId) ||
    (object.type === 'segment' ? segments.has(`${takeId} ${object.segment}`) : usedIds.has(takeId))
}
