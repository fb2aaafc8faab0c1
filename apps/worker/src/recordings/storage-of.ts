import { ServiceError } from '@millrace/core'
import { storages, type Queryable } from '@millrace/db'
import type { ObjectStore, Stores } from '@millrace/storage'
import { eq } from 'drizzle-orm'

/** The objects of a storage. Throws ServiceError `STORAGE_NOT_FOUND`, or as opening it does. */
export async function storageOf(db: Queryable, stores: Stores, id: string): Promise<ObjectStore> {
  const [row] = await db.select().from(storages).where(eq(storages.id, id))
  if (row === undefined) throw new ServiceError('STORAGE_NOT_FOUND', `no storage ${id}`)
  return stores.open(row)
}

/** Ends uploads in parts of keys that start with `prefix`, which earlier attempts have left behind or still work on. */
export async function abortUploads(store: ObjectStore, prefix: string): Promise<void> {
  for await (const { key, uploadId } of store.multiparts(prefix)) await store.abortMultipart(key, uploadId)
}

const DELETE_BATCH = 1000

/** Deletes every object whose key starts with `prefix`. */
export async function deleteBelow(store: ObjectStore, prefix: string): Promise<void> {
  let keys: string[] = []
  for await (const { key } of store.list(prefix)) {
    keys.push(key)
    if (keys.length < DELETE_BATCH) continue
    await store.delete(keys)
    keys = []
  }
  await store.delete(keys)
}
