import type { ArchiveFormat, UploadBacklog } from '@millrace/contracts'
import { ServiceError } from '@millrace/core'
import { and, eq, gt, isNull, notInArray, sql } from 'drizzle-orm'

import type { BroadcastUnit } from './broadcasts.ts'
import { storages, streams, takes } from './schema.ts'

export type TakeRow = typeof takes.$inferSelect

/** Who writes a take, and where. */
export interface TakeClaim {
  takeId: string
  nodeId: string
  streamId: string
  sessionId: string
  storageId: string
  format: ArchiveFormat
  epoch: number | null
}

/**
 * The take of this id, made by whoever names it first; it belongs to that node for ever. Throws ServiceError `TAKE_FOREIGN`
 * for another node or stream or storage, `STREAM_NOT_FOUND`, `STORAGE_NOT_FOUND`.
 */
export async function ensureTake({ db }: BroadcastUnit, claim: TakeClaim): Promise<TakeRow> {
  const { takeId: id, nodeId, streamId, sessionId, storageId, format, epoch } = claim
  const [known] = await db.select().from(takes).where(eq(takes.id, id))
  if (known !== undefined) return requireSame(known, claim)
  const [stream] = await db.select({ projectId: streams.projectId }).from(streams).where(eq(streams.id, streamId))
  if (stream === undefined) throw new ServiceError('STREAM_NOT_FOUND', `no stream ${streamId}`)
  const { projectId } = stream
  const [storage] = await db
    .select({ id: storages.id })
    .from(storages)
    .where(and(eq(storages.id, storageId), eq(storages.projectId, projectId)))
    .for('key share')
  if (storage === undefined) throw new ServiceError('STORAGE_NOT_FOUND', `no storage ${storageId}`)
  const [made] = await db
    .insert(takes)
    .values({ id, projectId, nodeId, streamId, sessionId, storageId, format, epoch })
    .onConflictDoNothing()
    .returning()
  if (made !== undefined) return made
  const [other] = await db.select().from(takes).where(eq(takes.id, id))
  return requireSame(other!, claim)
}

function requireSame(take: TakeRow, claim: TakeClaim): TakeRow {
  const same =
    take.nodeId === claim.nodeId &&
    take.streamId === claim.streamId &&
    take.sessionId === claim.sessionId &&
    take.storageId === claim.storageId &&
    take.format === claim.format
  if (!same) throw new ServiceError('TAKE_FOREIGN', `take ${take.id} was begun otherwise`)
  return take
}

/** A take, locked. Throws as `requireOwn`. */
export async function lockTake({ db }: BroadcastUnit, nodeId: string, id: string): Promise<TakeRow> {
  const [take] = await db.select().from(takes).where(eq(takes.id, id)).for('update')
  return requireOwn(take, nodeId, id)
}

/** The take that was found, if it is the node's. Throws ServiceError `TAKE_NOT_FOUND`, `TAKE_FOREIGN`. */
export function requireOwn(take: TakeRow | undefined, nodeId: string, id: string): TakeRow {
  if (take === undefined) throw new ServiceError('TAKE_NOT_FOUND', `no take ${id}`)
  if (take.nodeId !== nodeId) throw new ServiceError('TAKE_FOREIGN', `take ${id} is another node's`)
  return take
}

/** Takes are written at most so often only to say that they were heard of. */
const HEARD_EVERY_MS = 30_000

/** Notes that a take was heard of. */
export async function noteHeard({ db, now }: BroadcastUnit, { id, updatedAt }: TakeRow): Promise<void> {
  if (now.getTime() - updatedAt.getTime() < HEARD_EVERY_MS) return
  await db.update(takes).set({ updatedAt: now }).where(eq(takes.id, id))
}

/** Notes what a node says waits there to be uploaded. `complete`: what it doesn't name has nothing waiting. */
export async function noteUploads(
  { db, now }: BroadcastUnit,
  nodeId: string,
  uploads: readonly UploadBacklog[],
  { complete }: { complete: boolean },
): Promise<void> {
  const ids = uploads.map(({ take_id: id }) => id)
  const open = and(eq(takes.nodeId, nodeId), isNull(takes.closedAt))
  if (complete) {
    await db
      .update(takes)
      .set({ pendingSegments: 0, pendingBytes: 0 })
      .where(and(open, gt(takes.pendingSegments, 0), ids.length === 0 ? undefined : notInArray(takes.id, ids)))
  }
  if (uploads.length === 0) return
  const rows = uploads
    .toSorted((a, b) => (a.take_id < b.take_id ? -1 : 1))
    .map(({ take_id: id, segments, bytes }) => sql`(${id}, ${segments}::int, ${bytes}::bigint)`)
  await db
    .update(takes)
    .set({ pendingSegments: sql`waiting.segments`, pendingBytes: sql`waiting.bytes`, updatedAt: now })
    .from(sql`(values ${sql.join(rows, sql`, `)}) as waiting (id, segments, bytes)`)
    .where(and(open, sql`${takes.id} = waiting.id`))
}
