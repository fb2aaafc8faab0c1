import { CodedError, errorCode, errorMessage } from '@millrace/core'

import { aborted, storageError, type StorageErrorCode } from './errors.ts'

const CODES: Readonly<Record<string, StorageErrorCode>> = {
  EACCES: 'STORAGE_DENIED',
  EDQUOT: 'STORAGE_FULL',
  EIO: 'STORAGE_UNREACHABLE',
  EMFILE: 'STORAGE_UNREACHABLE',
  ENAMETOOLONG: 'STORAGE_KEY_INVALID',
  ENFILE: 'STORAGE_UNREACHABLE',
  ENOENT: 'OBJECT_NOT_FOUND',
  ENOSPC: 'STORAGE_FULL',
  EPERM: 'STORAGE_DENIED',
  EROFS: 'STORAGE_DENIED',
  ESTALE: 'STORAGE_UNREACHABLE',
  ETIMEDOUT: 'STORAGE_UNREACHABLE',
}

/** What an error of the file system says of a store. */
export function localError(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  if (error instanceof Error && error.name === 'AbortError') return aborted(error)
  return storageError(CODES[errorCode(error)] ?? 'STORAGE_REFUSED', errorMessage(error), { cause: error })
}

/** Runs work on files, with errors as a store has them. */
export async function onFiles<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw localError(error)
  }
}
