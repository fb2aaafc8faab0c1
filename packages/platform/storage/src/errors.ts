import { type ErrorDetails, ServiceError } from '@millrace/core'

/** Every way in which a storage can fail. */
export type StorageErrorCode =
  | 'OBJECT_NOT_FOUND'
  | 'STORAGE_ABORTED'
  | 'STORAGE_ADDRESS_BLOCKED'
  | 'STORAGE_BUCKET_MISSING'
  | 'STORAGE_CREDENTIALS_MISSING'
  | 'STORAGE_DENIED'
  | 'STORAGE_DIRECTORY_NOT_ALLOWED'
  | 'STORAGE_FULL'
  | 'STORAGE_KEY_INVALID'
  | 'STORAGE_PART_INVALID'
  | 'STORAGE_PRECONDITION'
  | 'STORAGE_RANGE_INVALID'
  | 'STORAGE_REFUSED'
  | 'STORAGE_UNREACHABLE'
  | 'STORAGE_UPLOAD_GONE'

/** An error of a storage to throw. */
export function storageError(
  code: StorageErrorCode,
  message: string,
  options: { details?: ErrorDetails; cause?: unknown } = {},
): ServiceError {
  return new ServiceError(code, message, options)
}

/** What a caller gets that broke off its work. */
export const aborted = (cause: unknown): ServiceError =>
  storageError('STORAGE_ABORTED', 'broken off by the caller', { cause })
