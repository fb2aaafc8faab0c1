import {
  type ObjectGrant,
  parseTakeObject,
  type StorageGrantAnswer,
  type StorageGrantError,
  storageGrantErrorSchema,
  type StorageGrantRequest,
  type TakeObject,
  takeObjectKey,
} from '@millrace/contracts'
import { errorCode } from '@millrace/core'
import { ensureTake, nodes, storages, streamLeases } from '@millrace/db'
import { contentTypeOf, encryptionHeaders, LocalStore } from '@millrace/storage'
import { eq } from 'drizzle-orm'

import { failure } from './failures.ts'
import { timestamp } from './lists.ts'
import type { LongUnit, ReadUnit, WriteUnit } from './unit.ts'

type StorageRow = typeof storages.$inferSelect
type TakeRequest = StorageGrantRequest['requests'][number]
type TakeGrant = StorageGrantAnswer['grants'][number]

/** How long a grant is good: what waits longer asks again. */
const TTL_S = 900

/** Segments never change; a live playlist does with each of them. */
const CACHE_CONTROL: Readonly<Record<TakeObject['type'], string>> = {
  init: 'public, max-age=31536000, immutable',
  segment: 'public, max-age=31536000, immutable',
  live: 'public, max-age=1',
}

/**
 * How a node may write objects of its takes: by presigned requests, never by the storage's credentials. What a take may not
 * have is told for it alone. Throws `NODE_NOT_FOUND`.
 */
export async function grantObjects(
  unit: LongUnit,
  { node_id: nodeId, requests }: StorageGrantRequest,
): Promise<StorageGrantAnswer> {
  const claims = await unit.write(async (step) => {
    const [node] = await step.db.select({ id: nodes.id }).from(nodes).where(eq(nodes.id, nodeId))
    if (node === undefined) throw failure('NODE_NOT_FOUND', `no node ${nodeId}: register again`)
    const rows: (StorageRow | StorageGrantError)[] = []
    for (const request of requests) rows.push(await claim(step, nodeId, request))
    return rows
  })
  // signing may ask for the machine's credentials, so it is no part of the transaction
  const signers = new Map<string, Promise<Signer>>()
  const signerOf = (row: StorageRow): Promise<Signer> => {
    const known = signers.get(row.id) ?? openSigner(unit, row)
    signers.set(row.id, known)
    return known
  }
  const grants = await Promise.all(
    requests.map(async (request, n): Promise<TakeGrant> => {
      const claimed = claims[n]!
      const { take_id } = request
      if (typeof claimed === 'string') return { take_id, error_code: claimed }
      try {
        const sign = await signerOf(claimed)
        return { take_id, objects: await Promise.all(request.objects.map((object) => sign(request, object))) }
      } catch (error) {
        unit.log.warn({ storage_id: claimed.id, code: errorCode(error) }, 'a storage that is needed cannot be used')
        return { take_id, error_code: 'STORAGE_UNUSABLE' }
      }
    }),
  )
  return { grants }
}

/** Makes the take this node's, and checks what it asks for: the storage that it may have, or why it may not. */
async function claim(unit: WriteUnit, nodeId: string, request: TakeRequest): Promise<StorageRow | StorageGrantError> {
  const { take_id: takeId, stream_id: streamId, session_id: sessionId, storage_id: storageId, format, epoch } = request
  const objects = request.objects.map(({ name, method }) => ({ object: parseTakeObject(name), method }))
  if (!objects.every(({ object, method }) => isOfTake(object, method, request))) return 'OBJECT_NAME_INVALID'
  try {
    await ensureTake(unit, { takeId, nodeId, streamId, sessionId, storageId, format, epoch })
  } catch (error) {
    const known = storageGrantErrorSchema.safeParse(errorCode(error))
    if (known.success) return known.data
    throw error
  }
  const isLive = objects.some(({ object }) => object?.type === 'live')
  if (isLive && (await isStale(unit, nodeId, request))) return 'EPOCH_STALE'
  const [row] = await unit.db.select().from(storages).where(eq(storages.id, storageId))
  return row ?? 'STORAGE_NOT_FOUND'
}

function isOfTake(object: TakeObject | undefined, method: 'PUT' | 'GET', { format }: TakeRequest): boolean {
  if (object === undefined) return false
  // only what another node continues is read
  if (object.type === 'live') return true
  if (method === 'GET') return false
  return object.type === 'segment' ? object.format === format : format === 'fmp4'
}

/** Whether the stream is another publisher's by now; one admitted while control was away counts by its session. */
async function isStale(
  { db }: ReadUnit,
  nodeId: string,
  { stream_id, session_id, epoch }: TakeRequest,
): Promise<boolean> {
  const [lease] = await db.select().from(streamLeases).where(eq(streamLeases.streamId, stream_id))
  if (lease === undefined) return false
  if (epoch === null) return lease.sessionId !== session_id
  // nobody's is a stream whose last words may still be written
  return lease.epoch !== epoch || (lease.nodeId !== null && lease.nodeId !== nodeId)
}

type Signer = (take: TakeRequest, object: { name: string; method: 'PUT' | 'GET' }) => Promise<ObjectGrant>

async function openSigner(unit: LongUnit, row: StorageRow): Promise<Signer> {
  const keyOf = ({ stream_id, take_id }: TakeRequest, name: string): string => takeObjectKey(stream_id, take_id, name)!
  const store = unit.stores.open(row)
  if (store instanceof LocalStore) {
    return async (take, { name, method }) => ({
      type: 'file',
      name,
      method,
      path: await store.fileOf(keyOf(take, name)),
    })
  }
  const terms = { now: unit.now, ttlS: TTL_S }
  const [put, get] = await Promise.all([
    unit.stores.presigner(row, { ...terms, method: 'PUT' }),
    unit.stores.presigner(row, { ...terms, method: 'GET' }),
  ])
  const expires_at = timestamp(new Date(unit.now.getTime() + TTL_S * 1000))
  const encryption = encryptionHeaders(row.sse)
  return async (take, { name, method }) => {
    const key = keyOf(take, name)
    const common = { type: 'http' as const, name, method, expires_at }
    if (method === 'GET') return { ...common, url: get(key), headers: {} }
    const cacheControl = CACHE_CONTROL[parseTakeObject(name)!.type]
    const headers = { 'content-type': contentTypeOf(key), 'cache-control': cacheControl, ...encryption }
    return { ...common, url: put(key), headers }
  }
}
