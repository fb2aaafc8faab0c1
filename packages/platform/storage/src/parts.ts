import { storageError } from './errors.ts'
import { MAX_PARTS, MIN_PART_BYTES } from './object-store.ts'

/** @throws ServiceError `STORAGE_PART_INVALID` for a number that no part can have */
export function checkPartNumber(number: number): void {
  if (Number.isInteger(number) && number >= 1 && number <= MAX_PARTS) return
  throw storageError('STORAGE_PART_INVALID', `parts are numbered from 1 to ${MAX_PARTS}`, { details: { number } })
}

/**
 * Checks parts that are to be joined, in the order of their numbers.
 *
 * @throws ServiceError `STORAGE_PART_INVALID` for none, or one before the last that is too small
 */
export function checkParts(parts: readonly { number: number; sizeBytes: number }[]): void {
  if (parts.length === 0) throw storageError('STORAGE_PART_INVALID', 'an upload needs at least one part')
  const small = parts.slice(0, -1).find(({ sizeBytes }) => sizeBytes < MIN_PART_BYTES)
  if (small === undefined) return
  throw storageError('STORAGE_PART_INVALID', `a part before the last has at least ${MIN_PART_BYTES} bytes`, {
    details: { number: small.number, size_bytes: small.sizeBytes },
  })
}
