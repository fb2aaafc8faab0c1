import { segmentKey, takePrefix } from '@millrace/contracts'
import { forgetSegments, lockLooseSegments, streamsWithLooseSegments, transaction, type Db } from '@millrace/db'
import type { Stores } from '@millrace/storage'

import { deleteBelow, storageOf } from './storage-of.ts'

const BATCH = 1000

/** Deletes the segments of all streams that nothing needs: no recording, clip, or window. Returns how many. */
export async function pruneSegments(db: Db, stores: Stores, onError: (error: unknown) => void): Promise<number> {
  let pruned = 0
  for (const streamId of await streamsWithLooseSegments(db, new Date())) {
    try {
      pruned += await pruneStream(db, stores, streamId)
    } catch (error) {
      // the storage of one tenant may be away
      onError(error)
    }
  }
  return pruned
}

/** The same for one stream. `onBatch` is called with how many there were so far. Fails as the storage does. */
export async function pruneStream(
  db: Db,
  stores: Stores,
  streamId: string,
  onBatch?: (done: number) => Promise<void>,
): Promise<number> {
  for (let pruned = 0; ;) {
    const count = await pruneBatch(db, stores, streamId)
    pruned += count
    if (count < BATCH) return pruned
    await onBatch?.(pruned)
  }
}

/** Objects go before their rows: what the index doesn't know would have to be searched for. */
function pruneBatch(db: Db, stores: Stores, streamId: string): Promise<number> {
  return transaction(db, async (tx) => {
    const segments = await lockLooseSegments(tx, streamId, new Date(), BATCH)
    for (const [storageId, own] of Map.groupBy(segments, (segment) => segment.storageId)) {
      const store = await storageOf(tx, stores, storageId)
      const stored = own.filter(({ lost }) => !lost)
      await store.delete(stored.map(({ takeId, seq, format }) => segmentKey(streamId, takeId, seq, format)))
    }
    for (const take of await forgetSegments(tx, segments)) {
      await deleteBelow(await storageOf(tx, stores, take.storageId), takePrefix(streamId, take.id))
    }
    return segments.length
  })
}
