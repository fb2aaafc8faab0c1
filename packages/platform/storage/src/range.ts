import { storageError } from './errors.ts'
import type { ByteRange } from './object-store.ts'

/**
 * What of an object a range stands for; all of it without one, where `end` is before `start` if it is empty.
 *
 * @throws ServiceError `STORAGE_RANGE_INVALID` when it starts behind the end, or before the start
 */
export function clipRange(range: ByteRange | undefined, sizeBytes: number): Required<ByteRange> {
  if (range === undefined) return { start: 0, end: sizeBytes - 1 }
  const { start, end = sizeBytes - 1 } = range
  if (!(start >= 0 && start < sizeBytes && end >= start)) {
    throw storageError('STORAGE_RANGE_INVALID', 'the object has no such bytes', { details: { size_bytes: sizeBytes } })
  }
  return { start, end: Math.min(end, sizeBytes - 1) }
}
